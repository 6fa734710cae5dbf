"""The measures behind the hunt for leaks, against values worked out by hand."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import roc_auc_score

from icp_ml.features.leaks_outcomes import Contrast
from icp_ml.features.leaks_presence import find_presence
from icp_ml.features.leaks_strength import (
    Strength,
    auc_strength,
    find_strength,
    level_codes,
    measure_strengths,
    out_of_fold_means,
)
from icp_ml.features.leaks_words import find_status_texts, find_status_words


def _contrast(positive: list[bool], stratum: list[int] | None = None) -> Contrast:
    n = len(positive)
    dates = np.zeros(n, dtype=np.int64) if stratum is None else np.array(stratum)
    return Contrast("won", np.arange(n), np.array(positive), dates, "won accounts", "lost accounts")


def test_the_auc_is_that_of_scikit_learn_and_its_bound_that_of_hanley_and_mcneil() -> None:
    rng = np.random.default_rng(1)
    positive = rng.random(200) < 0.3
    score = np.round(positive + rng.standard_normal(200), 1)
    strength = auc_strength(score, positive)
    assert strength.auc == pytest.approx(roc_auc_score(positive, score))
    # By hand for AUC 0.75 from 2 x 2 pairs: Q1 = 0.6, Q2 = 0.642857, variance = (0.1875 + 0.0375 + 0.080357) / 4.
    by_hand = auc_strength(np.array([1.0, 3.0, 2.0, 4.0]), np.array([False, False, True, True]))
    assert by_hand.auc == 0.75
    assert by_hand.low == pytest.approx(0.75 - 2 * (0.3053571 / 4) ** 0.5)


def test_a_value_that_many_share_has_a_level_of_its_own_and_missing_too() -> None:
    column = pd.Series([0.0, 0.0, 0.0, 0.0, 0.1, 5.0, np.nan])
    codes = level_codes(column, "number")
    assert len(set(codes[:4])) == 1
    assert codes[4] != codes[0]
    assert codes[5] != codes[4]
    assert codes[6] == 0
    assert codes.min() == 0


def test_a_row_s_level_mean_never_uses_its_own_outcome() -> None:
    # Every account its own level: out of fold nothing is known of it, so all get the overall mean.
    target = np.array([1.0, 0.0, 1.0, 0.0])
    assert out_of_fold_means(np.arange(4), target, seed=1).tolist() == [0.5] * 4


def test_presence_is_compared_at_equal_dates() -> None:
    # 40 early accounts, hardly any of them filled in and most lost; 40 late ones, all filled in and most won.
    positive = [True] * 8 + [False] * 32 + [True] * 32 + [False] * 8
    filled = np.array([False] * 40 + [True] * 40)
    assert find_presence(filled, (_contrast(positive, [0] * 40 + [1] * 40),)) == []
    (found,) = find_presence(filled, (_contrast(positive),))
    assert found.figures == {"outcome": "won", "filled": 0.8, "filled_elsewhere": 0.2}


def test_ordinary_enrichment_accuses_nobody_however_many_accounts_there_are() -> None:
    positive = [True] * 1000 + [False] * 1000
    filled = np.array([True] * 900 + [False] * 100 + [True] * 500 + [False] * 500)
    assert find_presence(filled, (_contrast(positive),)) == []


@pytest.mark.parametrize(
    ("levels", "auc", "accused"),
    [
        (["churned", "customer"], 0.70, True),
        (["churned", "customer"], 0.55, False),
        (["Active", "Free-Trial"], 0.70, False),
        (["Active", "Inactive"], 0.85, True),
        (["red", "blue"], 0.85, False),
    ],
)
def test_a_status_is_accused_by_its_words_only_where_the_figures_agree(
    levels: list[str], auc: float, accused: bool
) -> None:
    strengths = {"won": Strength(auc, auc - 0.04)}
    found = find_status_words("kind", pd.Series(levels * 5), "category", strengths, (_contrast([True, False]),))
    assert [f.code for f in found] == (["status_like"] if accused else [])


def test_a_text_that_speaks_of_the_sale_on_one_side_only_is_a_status() -> None:
    column = pd.Series(["customer since 2021", "customer since 2022"] * 20 + ["met at a fair"] * 40)
    (found,) = find_status_texts(column, "category", (_contrast([True] * 40 + [False] * 40),))
    assert found.code == "status_like"
    assert found.sentence.startswith(
        "it is a text such as 'customer since 2021' for 100% of won accounts and 0% of lost"
    )
    departments = pd.Series(["customer support", "sales"] * 40)
    assert find_status_texts(departments, "category", (_contrast([True] * 40 + [False] * 40),)) == []


def test_a_flag_is_implausible_from_a_lower_auc_than_a_number() -> None:
    sides = (_contrast([True, False]),)
    strength = {"won": Strength(0.88, 0.87)}
    assert [f.code for f in find_strength(strength, sides, "boolean")] == ["implausible_strength"]
    assert find_strength(strength, sides, "number") == []


def test_random_gaps_do_not_hide_a_copy_of_the_outcome() -> None:
    # Every second value is missing on both sides; the others are the outcome itself.
    positive = [True] * 40 + [False] * 40
    column = pd.Series(["yes", None] * 20 + ["no", None] * 20, dtype=object)
    strengths = measure_strengths(column, "category", (_contrast(positive),), seed=1)
    assert strengths["won"].auc == 1.0
