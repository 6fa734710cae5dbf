from __future__ import annotations

import math

import numpy as np
import pytest

from icp_ml.segments.per_account import Mean, Ratio, Share
from icp_ml.survival import wilson_interval

ALL = np.ones(10, dtype=bool)


def test_a_share_counts_hits_among_those_asked_with_wilson_s_interval():
    figure = Share(np.arange(10) < 3, ALL, "accounts").figure(ALL)
    assert (figure["estimate"], figure["n"], figure["count"]) == (0.3, 10, 3)
    assert (figure["low"], figure["high"]) == pytest.approx(wilson_interval(3, 10, 0.90), abs=1e-6)


def test_those_not_asked_or_not_in_the_group_do_not_count():
    share = Share(ALL, np.arange(10) > 0, "deals")
    assert share.figure(ALL) == {"absent": "9 deals are fewer than 10"}
    assert Share(ALL, ALL, "deals").figure(np.arange(10) < 4) == {"absent": "4 deals are fewer than 10"}


def test_a_ratio_is_one_sum_over_the_other():
    figure = Ratio(np.arange(10.0), np.full(10, 0.5), "customers").figure(ALL)
    assert figure["estimate"] == 9.0  # 45 / 5
    assert figure["low"] < 9.0 < figure["high"]


def test_no_event_in_five_years_is_no_certain_zero():
    figure = Ratio(np.zeros(10), np.full(10, 0.5), "customers", counted=True).figure(ALL)
    assert (figure["estimate"], figure["low"]) == (0.0, 0.0)
    assert figure["high"] == pytest.approx(-math.log(0.05) / 5, abs=1e-6)


def test_where_nobody_differs_no_range_is_given():
    assert "all 10 customers have the same value" in Mean(np.full(10, 3.0), "customers").figure(ALL)["absent"]
    assert "all 10 customers have the same value" in Ratio(np.ones(10), np.ones(10), "customers").figure(ALL)["absent"]


def test_a_mean_leaves_out_what_is_unknown():
    values = np.array([1.0, 2, 3, 4, 5, 6, 7, 8, 9, 10])
    figure = Mean(values, "won deals").figure(ALL)
    assert figure["estimate"] == 5.5
    # Student's t with 9 degrees of freedom at 0.95 is 1.8331, the standard error 3.02765 / sqrt(10).
    assert figure["high"] - 5.5 == pytest.approx(1.833113 * 3.027650 / math.sqrt(10), abs=1e-5)
    values[0] = np.nan
    assert Mean(values, "won deals").figure(ALL) == {"absent": "9 won deals are fewer than 10"}


def test_the_range_of_a_mean_leans_to_the_side_on_which_values_straggle():
    values = np.array([1.0] * 30 + [2.0] * 6 + [20.0] * 2)
    figure = Mean(values, "customers").figure(np.ones(len(values), dtype=bool))
    assert figure["high"] - figure["estimate"] > 1.5 * (figure["estimate"] - figure["low"])
