"""Accounts recorded over time: what changes after the outcome, and what is merely refreshed."""

from __future__ import annotations

import dataclasses
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from icp_ml.cohort.build import build_cohort
from icp_ml.features.leaks import LeakReport, find_leaks
from icp_ml.features.leaks_changes import among_recorded_later, recorded_later
from icp_ml.features.leaks_outcomes import Contrast


def _report(
    lab: SimpleNamespace, life: object, kind: str, before: np.ndarray, after: np.ndarray, again: np.ndarray
) -> LeakReport:
    """Hunt in accounts recorded nine days before the deal and, some of them, at the end."""
    _, tables, config = lab.world(life, {"field": (kind, before)})
    early = tables.accounts.assign(observed_at=life.created.astype("datetime64[ns]") - pd.Timedelta(days=9))
    late = tables.accounts.assign(observed_at=pd.Timestamp("2026-06-01"), field=after)[again]
    tables = dataclasses.replace(tables, accounts=pd.concat([early, late], ignore_index=True))
    return find_leaks(build_cohort(tables, config), tables, config)


def test_a_number_that_grows_for_won_accounts_only_is_found_by_its_latest_value(lab: SimpleNamespace) -> None:
    life = lab.draw_life(600, 31)
    everybody = np.ones(600, dtype=bool)
    before = np.arange(600) % 7 * 1.0
    report = _report(lab, life, "number", before, before + np.where(life.won, 20.0, 0.0), everybody)
    (suspect,) = report.suspects
    figures = suspect.evidence["changes_after"]
    assert (figures["outcome"], figures["filled"], figures["filled_elsewhere"]) == ("won", 1.0, 0.0)


@pytest.mark.parametrize("only_customers", [False, True])
def test_a_headcount_refreshed_for_customers_only_is_no_leak(lab: SimpleNamespace, only_customers: bool) -> None:
    life = lab.draw_life(600, 32)
    before = np.rint(np.exp(4 + np.random.default_rng(1).standard_normal(600)))
    after = np.where(life.won, np.rint(before * 1.1) + 1, before)
    again = life.won if only_customers else np.ones(600, dtype=bool)
    assert _report(lab, life, "number", before, after, again).suspects == ()


def test_a_level_refreshed_for_some_customers_is_no_leak_when_it_tells_nothing_more(lab: SimpleNamespace) -> None:
    life = lab.draw_life(600, 33)
    rng = np.random.default_rng(2)
    before = rng.choice(np.array(["small", "middle", "large"], dtype=object), 600)
    after = np.where(life.won & (rng.random(600) < 0.2), rng.permutation(before), before)
    assert _report(lab, life, "category", before, after, np.ones(600, dtype=bool)).suspects == ()


def test_contrasts_are_among_accounts_looked_at_again_where_both_sides_have_eight() -> None:
    positive = np.arange(40) < 20
    contrast = Contrast("won", np.arange(40), positive, np.zeros(40, dtype=np.int64), "won accounts", "lost accounts")
    eight = np.isin(np.arange(40), [*range(8), *range(20, 28)])
    (kept,) = among_recorded_later((contrast,), eight)
    assert (kept.positive.sum(), (~kept.positive).sum()) == (8, 8)
    (whole,) = among_recorded_later((contrast,), positive)
    assert len(whole.rows) == 40


def test_accounts_looked_at_again_are_those_with_a_row_after_their_decision(lab: SimpleNamespace) -> None:
    life = lab.draw_life(30, 34)
    cohort, tables, _ = lab.world(life, {"field": ("number", np.ones(30))})
    days = np.where(np.arange(30) < 10, np.timedelta64(1, "D"), np.timedelta64(0, "D"))
    accounts = tables.accounts.assign(observed_at=(life.created + days).astype("datetime64[ns]"))
    expected = (np.arange(30) < 10) & cohort.decided
    assert recorded_later(accounts, cohort).tolist() == expected.tolist()
