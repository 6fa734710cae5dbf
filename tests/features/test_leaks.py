from __future__ import annotations

import dataclasses
import datetime as dt
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from icp_ml.cohort.build import build_cohort
from icp_ml.config.schema import Config
from icp_ml.features.leaks import LeakReport, Suspect, find_leaks
from icp_ml.sample.draws import Draws
from icp_ml.sample.tables import make_sample
from icp_ml.tables.tables import Tables


def _suspects(report: LeakReport) -> dict[str, Suspect]:
    return {s.attribute: s for s in report.suspects}


@pytest.mark.slow
@pytest.mark.parametrize("n", [300, 1500])
def test_planted_leaks_are_named_and_honest_attributes_are_not(lab: SimpleNamespace, n: int) -> None:
    missed, accused, leaks, honest = [], [], 0, 0
    for seed in range(100, 105):
        life = lab.draw_life(n, seed)
        planted, clean = lab.leaks_of(life), lab.honest_of(life)
        found = set(_suspects(find_leaks(*lab.world(life, planted | clean))))
        missed += sorted(set(planted) - found)
        accused += sorted(set(clean) & found)
        leaks, honest = leaks + len(planted), honest + len(clean)
    assert leaks == 5 * 20
    assert honest == 5 * 62
    assert len(missed) <= 0.05 * leaks, missed
    assert len(accused) <= 0.02 * honest, accused


def test_the_reason_names_the_figures_and_the_way_out(lab: SimpleNamespace) -> None:
    life = lab.draw_life(1000, 1)
    won, lost = np.flatnonzero(life.won), np.flatnonzero(life.lost)
    health = np.full(1000, None, dtype=object)
    health[won[: round(0.98 * len(won))]] = "green"
    health[lost[: round(0.02 * len(lost))]] = "green"
    (suspect,) = find_leaks(*lab.world(life, {"csm_health": ("category", health)})).suspects
    assert suspect.text.startswith(
        "csm_health was set aside (filled in after the outcome): "
        "it is filled in for 98% of won accounts and 2% of lost accounts, so it was probably recorded after the sale"
    )
    assert suspect.text.endswith("If it is known before the sale, set attributes.csm_health.trust: true.")
    assert suspect.evidence["filled_after"]["filled"] == round(round(0.98 * len(won)) / len(won), 4)


def test_trust_overrules_a_suspicion_and_still_names_it(lab: SimpleNamespace) -> None:
    life = lab.draw_life(600, 2)
    leaks = {name: lab.leaks_of(life)[name] for name in ("nps", "csm_health")}
    report = find_leaks(*lab.world(life, leaks, nps={"trust": True}))
    assert _suspects(report)["nps"].overruled
    assert "used all the same because attributes.nps.trust is true" in _suspects(report)["nps"].text
    assert report.usable == ["nps"]


def test_ignored_attributes_are_not_examined_and_adjusting_ones_stay_usable(lab: SimpleNamespace) -> None:
    life = lab.draw_life(600, 3)
    attributes = {"nps": lab.leaks_of(life)["nps"], "revenue": lab.honest_of(life)["revenue"]}
    report = find_leaks(*lab.world(life, attributes, nps={"use": "ignore"}, revenue={"use": "adjust"}))
    assert report.suspects == ()
    assert report.examined == ("revenue",)
    assert report.usable == ["revenue"]


def test_a_field_introduced_late_is_no_leak_though_old_customers_lack_it_and_left_more(lab: SimpleNamespace) -> None:
    life = lab.draw_life(3000, 4)
    since_last_year = life.created > np.datetime64("2025-06-30", "D")
    values = np.where(since_last_year, "a", None).astype(object)
    assert find_leaks(*lab.world(life, {"new_field": ("category", values)})).suspects == ()


def test_without_deals_a_column_kept_for_customers_only_is_found(lab: SimpleNamespace) -> None:
    life = lab.draw_life(800, 5)
    attributes = {"csm_health": lab.leaks_of(life)["csm_health"], "enriched": lab.honest_of(life)["hard_enriched"]}
    report = find_leaks(*lab.world(life, attributes, deals=False))
    assert list(_suspects(report)) == ["csm_health"]
    assert "of customers and 1% of all other accounts" in report.suspects[0].reasons[0]


def test_without_subscriptions_win_side_leaks_are_found_and_nothing_is_said_of_churn(lab: SimpleNamespace) -> None:
    life = lab.draw_life(800, 6)
    attributes = {"nps": lab.leaks_of(life)["nps"], "revenue": lab.honest_of(life)["revenue"]}
    report = find_leaks(*lab.world(life, attributes, periods=False))
    assert list(_suspects(report)) == ["nps"]
    assert {figures["outcome"] for figures in report.suspects[0].evidence.values()} == {"won"}


def test_ten_accounts_accuse_nobody_and_break_nothing(lab: SimpleNamespace) -> None:
    life = lab.draw_life(10, 7)
    report = find_leaks(*lab.world(life, lab.honest_of(life)))
    assert report.suspects == ()


def test_a_value_that_changes_when_customers_leave_is_found_where_accounts_are_recorded_over_time(
    lab: SimpleNamespace,
) -> None:
    life = lab.draw_life(1500, 8)
    known = {"state": ("category", np.full(1500, "fine", dtype=object)), "size": ("number", np.arange(1500) % 97.0)}
    _, tables, config = lab.world(life, known)
    early = tables.accounts.assign(observed_at=life.created.astype("datetime64[ns]") - pd.Timedelta(days=9))
    late = tables.accounts.assign(observed_at=pd.Timestamp("2026-06-01"), size=np.arange(1500) % 89.0)
    late["state"] = np.where(life.left, "fading", "fine")
    tables = dataclasses.replace(tables, accounts=pd.concat([early, late], ignore_index=True))
    report = find_leaks(build_cohort(tables, config), tables, config)
    assert list(_suspects(report)) == ["state"]
    assert set(report.suspects[0].evidence) >= {"implausible_strength_by_now", "changes_after"}
    figures = report.suspects[0].evidence["changes_after"]
    assert (figures["outcome"], figures["filled"], figures["filled_elsewhere"]) == ("left", 1.0, 0.0)


def test_the_same_input_gives_the_same_report(lab: SimpleNamespace) -> None:
    life = lab.draw_life(400, 9)
    given = lab.world(life, lab.leaks_of(life))
    assert find_leaks(*given) == find_leaks(*given)


def test_the_cohort_is_not_changed(lab: SimpleNamespace) -> None:
    life = lab.draw_life(300, 10)
    cohort, tables, config = lab.world(life, lab.leaks_of(life))
    before = cohort.attributes.copy(deep=True)
    find_leaks(cohort, tables, config)
    pd.testing.assert_frame_equal(cohort.attributes, before)


@pytest.mark.parametrize("seed", [7, 21])
def test_the_misleading_column_of_the_sample_is_the_only_suspect(seed: int) -> None:
    cells, truth = make_sample(Draws(seed), 4000)
    kinds = {"industry": "category", "region": "category", "employee_count": "number", "annual_revenue": "number"}
    kinds |= {"has_revops": "boolean", "tech_stack": "tags", "recent_funding": "boolean", "hq_floor": "number"}
    kinds |= {"domain_age_years": "number", "fiscal_year_end": "category", truth.misleading_column: "category"}
    config = Config.model_validate(
        {"name": "s", "as_of": dt.date(2026, 6, 30), "source": {"folder": "."}}
        | {"attributes": {name: {"type": kind} for name, kind in kinds.items()}}
    )
    tables = _typed(cells, kinds)
    report = find_leaks(build_cohort(tables, config), tables, config)
    assert [s.attribute for s in report.suspects] == [truth.misleading_column]
    assert report.usable == [name for name in kinds if name != truth.misleading_column]


def _typed(cells: dict[str, pd.DataFrame], kinds: dict[str, str]) -> Tables:
    """Type the sample's text cells by hand, as reading would."""
    accounts = cells["accounts"][["account_id", *kinds]].copy()
    for name, kind in kinds.items():
        text = accounts[name]
        if kind == "tags":
            accounts[name] = [tuple(v.split(";")) if v else () for v in text]
        elif kind == "number":
            accounts[name] = pd.to_numeric(text)
        elif kind == "boolean":
            accounts[name] = text.map({"true": True, "false": False}).astype("boolean")
        else:
            accounts[name] = text.where(text != "")
    frames = {}
    for name in ("opportunities", "subscriptions"):
        frame = cells[name].astype(object).where(cells[name] != "")
        for column in frame:
            if column.endswith("_at"):
                frame[column] = pd.to_datetime(frame[column]).astype("datetime64[ns]")
            elif column in ("amount", "arr", "term_months", "services_amount", "discount_pct"):
                frame[column] = frame[column].astype(float)
        frames[name] = frame
    return Tables(accounts, frames["opportunities"], frames["subscriptions"], None, dt.date(2026, 6, 30))
