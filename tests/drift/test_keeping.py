"""Customers count with the time they were seen since the release, against what was expected of that time."""

from __future__ import annotations

import json
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest

from icp_ml.cohort.months import months_between
from icp_ml.drift.forecasts import Certainty, Tally, compare_level, compare_ranking
from icp_ml.drift.keeping import Exposure, HazardReference, exposure, fit_reference
from icp_ml.drift.wins import win_certainty, win_tally
from icp_ml.models.history import ChurnRecords
from icp_ml.models.targets import ChurnTarget

NO_VARIATION = Certainty.of(Tally(*(np.zeros(0) for _ in range(4))), [])


def records(started, months, ended, horizon=12.0):
    """Return customers; an end that is empty is none."""
    begun, end = np.array(started, dtype="datetime64[D]"), np.array([e or "NaT" for e in ended], dtype="datetime64[D]")
    target = ChurnTarget(np.array(months, dtype=float), ~np.isnat(end), np.zeros(len(begun)), horizon)
    return ChurnRecords(pd.DataFrame(index=range(len(begun))), target, begun, end, 30)


def day(text):
    return np.datetime64(text, "D")


def test_a_window_counts_only_what_happened_in_it():
    known = records(
        ["2025-01-01", "2025-01-01", "2026-02-01", "2025-01-01", "2026-05-01"],
        [18, 13, 2, 16, 2],
        [None, "2026-02-01", "2026-04-01", "2026-05-01", None],
    )
    seen = exposure(known, day("2026-03-01"), day("2026-06-01"))
    # The second left before; the third began and left inside; the fourth left inside; the others are cut at its end.
    assert seen.rows.tolist() == [0, 2, 3, 4]
    assert seen.entry.tolist() == [14, 1, 14, 0]
    assert seen.time.tolist() == [17, 2, 16, 1]
    assert seen.event.tolist() == [False, True, True, False]


def test_windows_that_follow_each_other_count_every_ending_once():
    rng = np.random.default_rng(1)
    started = day("2024-01-01") + rng.integers(0, 700, 300)
    ended = started + rng.integers(1, 600, 300)
    ends = [str(e) if e <= day("2026-06-30") else None for e in ended]
    months = months_between(started, np.minimum(ended, day("2026-06-30")))
    known = records(started, months, ends)
    edges = [day("2023-12-31"), day("2025-03-31"), day("2025-12-15"), day("2026-06-30")]
    counted = [int(exposure(known, a, b).event.sum()) for a, b in pairwise(edges)]
    assert sum(counted) == sum(e is not None for e in ends)
    assert min(counted) > 0


def reference(times, jumps, errors, later_slope=1.0, known_to=60.0):
    return HazardReference(
        np.array(times), np.array(jumps), np.array(errors), known_to, 0.2, 12.0, later_slope, NO_VARIATION
    )


def test_expected_endings_are_those_of_the_tenures_passed_in_the_window():
    own = reference([6.0, 12.0, 24.0], [0.1, 0.3, 0.2], [0.01, 0.02, 0.03], later_slope=0.5)
    forecast = 1 - np.exp(-np.array([0.2, 0.4, 0.2]))  # relative hazards 1, 2, 1
    seen = Exposure(
        np.arange(3), np.array([0.0, 10.0, 6.0]), np.array([6.0, 24.0, 11.0]), np.array([True, True, False])
    )
    tally = own.tally(forecast, seen)
    chance = [1 - np.exp(-0.1), 1 - np.exp(-0.3 * 2), 1 - np.exp(-0.2 * np.sqrt(2))]
    # The first passes month 6; the second months 12 and 24; the third entered at 6 and passes none.
    assert tally.expected == pytest.approx([chance[0], chance[1] + chance[2], 0.0])
    assert tally.variance == pytest.approx([chance[0] * (1 - chance[0]), sum(c * (1 - c) for c in chance[1:]), 0.0])
    slopes = [np.exp(-0.1), 2 * np.exp(-0.6), np.sqrt(2) * np.exp(-0.2 * np.sqrt(2))]
    assert tally.error == pytest.approx(sum(s**2 * e for s, e in zip(slopes, (0.01, 0.02, 0.03), strict=True)))
    assert tally.seen.tolist() == [1.0, 1.0, 0.0]


def test_beyond_the_tenures_the_release_had_seen_nothing_counts():
    own = reference([6.0, 12.0], [0.1, 0.3], [0.01, 0.02], known_to=12.0)
    seen = Exposure(np.arange(2), np.array([0.0, 13.0]), np.array([14.0, 15.0]), np.array([True, True]))
    tally = own.tally(np.full(2, 0.2), seen)
    assert tally.seen.tolist() == [0.0, 0.0]
    assert tally.expected[0] > 0.0 == tally.expected[1]


def history(seed, n=800, hazard=0.012, factor=1.0):
    """Customers of four years with a constant monthly hazard, three times as high for a third of them."""
    rng = np.random.default_rng(seed)
    risk = np.where(rng.random(n) < 1 / 3, 3.0, 1.0)
    started = day("2022-07-01") + rng.integers(0, 1400, n)
    months = rng.exponential(1 / (hazard * factor * risk))
    ended = started + np.ceil(months * 30.4).astype(int)
    return risk, started, ended


def known_by(started, ended, until):
    over = ended <= until
    months = months_between(started, np.where(over, ended, until))
    return records(started, np.maximum(months, 0.01), [str(e) if o else None for e, o in zip(ended, over, strict=True)])


def test_the_reference_expects_as_many_endings_as_there_were_and_survives_json():
    risk, started, ended = history(0)
    own = known_by(started, ended, day("2026-05-31"))
    forecast = 1 - np.exp(-12 * 0.012 * risk)
    fitted = fit_reference(own, forecast, day("2026-05-31"))
    everybody = Exposure(np.arange(len(risk)), own.target.entry, own.target.time, own.target.event)
    tally = fitted.tally(forecast, everybody)
    assert tally.expected.sum() == pytest.approx(tally.seen.sum(), rel=1e-6)
    for group in (risk == 1, risk == 3):
        assert tally.expected[group].sum() == pytest.approx(tally.seen[group].sum(), rel=0.15)
    assert fitted.later_slope == pytest.approx(1.0, abs=0.35)
    again = HazardReference.from_state(json.loads(json.dumps(fitted.state())))
    assert again.tally(forecast, everybody).expected.tolist() == tally.expected.tolist()
    assert again.certainty == fitted.certainty


def test_the_error_of_the_reference_is_as_large_as_refits_make_it():
    expected, told = [], []
    risk, started, ended = history(99)
    window = exposure(known_by(started, ended, day("2026-08-31")), day("2026-05-31"), day("2026-08-31"))
    for seed in range(30):
        own_risk, own_started, own_ended = history(seed, n=300)
        own = known_by(own_started, own_ended, day("2026-05-31"))
        fitted = fit_reference(own, 1 - np.exp(-12 * 0.012 * own_risk), day("2026-05-31"))
        fixed = HazardReference(**{**vars(fitted), "unit": 0.2, "jumps": fitted.jumps * 0.2 / fitted.unit,
                                   "errors": fitted.errors * (0.2 / fitted.unit) ** 2, "later_slope": 1.0})  # fmt: skip
        tally = fixed.tally(1 - np.exp(-12 * 0.012 * risk), window)
        expected.append(tally.expected.sum())
        told.append(tally.error)
    assert np.mean(told) == pytest.approx(np.var(expected), rel=0.5)


def test_a_level_that_is_off_is_told_and_one_that_holds_is_not():
    rng = np.random.default_rng(3)
    forecast = rng.uniform(0.2, 0.6, 3000)
    certainty = win_certainty(
        forecast, rng.random(3000) < forecast, day("2026-06-30") - rng.integers(0, 700, 3000), day("2026-06-30")
    )
    holds, falls = [], []
    for _ in range(300):
        later, draws = rng.uniform(0.2, 0.6, 250), rng.random(250)
        holds.append(compare_level(win_tally(later, draws < later, certainty), certainty, False).p)
        falls.append(compare_level(win_tally(later, draws < later - 0.15, certainty), certainty, False).p)
    assert np.mean(np.array(holds) < 0.05) <= 0.09
    assert np.mean(np.array(falls) < 0.005) >= 0.80


def test_bad_news_has_more_of_the_budget_than_good_news():
    forecast, certainty = np.full(200, 0.5), Certainty(1e6, 1e6, NO_VARIATION.variation)
    fewer = win_tally(forecast, np.arange(200) < 85, certainty)
    more = win_tally(forecast, np.arange(200) < 115, certainty)
    worse = compare_level(fewer, certainty, False).p
    assert compare_level(more, certainty, False).p == pytest.approx(worse * 0.85 / 0.15, rel=1e-3)
    assert compare_level(more, certainty, True).p == pytest.approx(worse, rel=1e-3)


def test_too_few_expected_events_are_not_judged():
    certainty = Certainty(100.0, 100.0, NO_VARIATION.variation)
    tally = win_tally(np.full(10, 0.4), np.zeros(10, dtype=bool), certainty)
    assert compare_level(tally, certainty, False).p is None
    assert compare_ranking(tally, certainty).p is None


def ranked(slope, seed=7, n=400):
    rng = np.random.default_rng(seed)
    x = rng.normal(-0.5, 1.2, n)
    return win_tally(1 / (1 + np.exp(-x)), rng.random(n) < 1 / (1 + np.exp(0.5 - slope * (x + 0.5))))


def test_a_ranking_that_is_lost_or_reversed_is_told_and_one_that_holds_is_not():
    certainty = Certainty(500.0, 500.0, NO_VARIATION.variation)
    assert compare_ranking(ranked(1.0), certainty).p > 0.05
    lost, reversed_ = compare_ranking(ranked(0.0), certainty), compare_ranking(ranked(-1.0), certainty)
    assert reversed_.p < lost.p < 1e-4
    assert reversed_.seen < lost.seen < 0.3


def test_a_level_that_is_off_is_not_taken_for_a_lost_ranking():
    certainty, rng = Certainty(500.0, 500.0, NO_VARIATION.variation), np.random.default_rng(1)
    p = []
    for _ in range(200):
        x = rng.normal(-2.0, 0.8, 400)
        forecast = 1 / (1 + np.exp(-x))
        p.append(compare_ranking(win_tally(forecast, rng.random(400) < np.minimum(2 * forecast, 0.95)), certainty).p)
    assert np.mean(np.array(p) < 0.01) <= 0.04


def test_forecasts_that_hardly_differ_have_no_ranking_to_lose():
    certainty = Certainty(500.0, 0.3, NO_VARIATION.variation)
    forecast = np.random.default_rng(0).uniform(0.395, 0.405, 300)
    assert compare_ranking(win_tally(forecast, np.arange(300) % 5 < 2), certainty).p is None
