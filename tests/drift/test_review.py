"""A release is reviewed each quarter: retrain, look or fine, with the reason."""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import replace

import pandas as pd
import pytest

from benchmarks.staleness import looks, make_release
from benchmarks.staleness_worlds import SHIFTS, STABLE, go_on
from benchmarks.worlds import make_world
from benchmarks.worlds_tables import AS_OF
from icp_ml.cohort.build import build_cohort
from icp_ml.drift import Finding, met_on, review
from icp_ml.drift.finding import judge


@pytest.fixture(scope="module")
def release():
    return make_release(make_world("small_strong", 5, 4000), full=False)


@pytest.fixture(scope="module")
def year(release):
    return list(looks(release, STABLE, 4))


def cohort_at(release, day):
    tables = go_on(release.world, STABLE, release.world.seed)
    cohort = build_cohort(replace(tables, as_of=day), release.world.config)
    return cohort, met_on(cohort, tables)


def test_the_year_after_changes_nothing_of_what_the_release_was_made_from(release):
    stable, shifted = (go_on(release.world, shift, 5) for shift in (STABLE, SHIFTS["churn region moves"]))
    for name in ("outcome", "decided_at"):
        one, two, own = (
            build_cohort(replace(t, as_of=AS_OF), release.world.config).accounts[name]
            for t in (stable, shifted, release.world.tables)
        )
        pd.testing.assert_series_equal(one.loc[own.index], own)
        pd.testing.assert_series_equal(one, two)


def test_a_stable_year_is_fine_and_every_look_says_what_would_have_shown(year):
    assert [found.verdict for found in year] == ["fine"] * 4
    assert [found.look for found in year] == [1, 2, 3, 4]
    assert all("would have shown" in " ".join(found.sentences) for found in year)
    assert {f.window for f in year[0].findings} == {"2026-06-30 to 2026-09-30"}
    assert {f.window for f in year[1].findings} == {"2026-09-30 to 2026-12-30", "2026-06-30 to 2026-12-30"}


@pytest.mark.parametrize(
    ("shift", "verdict", "headline"),
    [
        ("churn region moves", "retrain", "Retrain: the forecasts no longer hold (churn)."),
        ("win rate less 15 points", "retrain", "Retrain: the forecasts no longer hold (win rate)."),
        ("new level in 10 %", "look", "Look: other accounts come in than the release was made from (industry); "),
    ],
)
def test_a_planted_shift_is_named_in_the_first_quarter(release, shift, verdict, headline):
    found = next(looks(release, SHIFTS[shift], 1))
    assert found.verdict == verdict
    assert found.sentences[0].startswith(headline)
    assert found.alarms == found.findings[: len(found.alarms)]


def test_no_look_is_due_before_the_first_quarter_is_over(release):
    cohort, met = cohort_at(release, dt.date(2026, 9, 29))
    found = review(release.reference, cohort, release.predictors, release.world.config.attributes, met)
    assert (found.verdict, found.look, found.findings) == ("fine", 0, ())
    assert found.headline == "Fine so far: too early to tell; the first look is due 3 months after 2026-06-30."


def test_asking_again_within_the_quarter_gives_the_same_answer(release, year):
    cohort, met = cohort_at(release, dt.date(2026, 11, 20))
    later = review(release.reference, cohort, release.predictors, release.world.config.attributes, met)
    stated = [(f.test, f.subject, f.n, f.now) for f in year[0].findings if f.family == "performance"]
    assert [(f.test, f.subject, f.n, f.now) for f in later.findings if f.family == "performance"] == stated


def test_more_looks_a_year_share_the_same_budget(release):
    cohort, met = cohort_at(release, dt.date(2026, 9, 30))
    attributes = release.world.config.attributes
    monthly = review(release.reference, cohort, release.predictors, attributes, met, looks_a_year=12)
    assert (monthly.look, monthly.alpha) == (3, pytest.approx(0.05 / 12))
    assert sum(f.level for f in monthly.findings if f.level) == pytest.approx(0.05 / 12)
    with pytest.raises(ValueError, match="looks_a_year must be 1, 2, 3, 4, 6 or 12; found 5"):
        review(release.reference, cohort, release.predictors, attributes, met, looks_a_year=5)


def test_the_document_is_json_and_the_same_each_time(release, year):
    first = json.dumps(year[0].document(), allow_nan=False)
    assert json.dumps(next(looks(release, STABLE, 1)).document(), allow_nan=False) == first
    assert {"verdict", "sentences", "findings", "look", "false_alarm_chance"} == set(json.loads(first))


def test_without_new_accounts_nothing_is_told_and_nothing_fails(release):
    cohort = build_cohort(replace(release.world.tables, as_of=AS_OF), release.world.config)
    later = replace(cohort, as_of=dt.date(2026, 9, 30))
    found = review(
        release.reference,
        later,
        {"win": release.predictors["win"]},
        release.world.config.attributes,
        met_on(cohort, release.world.tables),
    )
    assert found.verdict == "fine"
    assert found.headline.startswith("Fine so far: too few new outcomes to tell")


def finding(test, p, material=True):
    return Finding(test, "x", 100, 0.1, 0.2, "x moved", p, material)


def test_performance_has_nine_tenths_of_the_budget():
    judged = judge([finding("win_level", 0.009), finding("population", 0.001), finding("population", 0.5)], 0.01)
    assert [f.level for f in judged] == pytest.approx([0.009, 0.0005, 0.0005])
    assert [f.alarm for f in judged] == [True, True, False]  # the first hands its budget on


def test_what_is_certain_but_small_is_no_alarm():
    assert not judge([finding("win_level", 1e-9, material=False)], 0.01)[0].alarm
