"""The review of a release: retrain, look, or fine."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
import pandas as pd

from icp_ml.cohort.cohort import Cohort
from icp_ml.cohort.months import add_months, to_days
from icp_ml.conditions import AttributeLike
from icp_ml.drift import words
from icp_ml.drift.finding import Finding, judge
from icp_ml.drift.forecasts import Certainty, Comparison, compare_level, compare_ranking
from icp_ml.drift.keeping import HazardReference, exposure
from icp_ml.drift.population import population_findings
from icp_ml.drift.reference import Reference
from icp_ml.drift.wins import win_tally
from icp_ml.models.history import ChurnRecords, WinRecords, churn_records, win_records
from icp_ml.models.types import Predictor

Verdict = Literal["retrain", "look", "fine"]
LOOKS_A_YEAR = 4
FALSE_ALARMS_A_YEAR = 0.05
_LEAST_WIN_SHIFT = 0.03
_LEAST_CHURN_SHIFT = 0.15
_LEAST_SLOPE_LOST = 0.2
"""Points of win rate, part of the churn, and part of the ranking, under which a shift is no reason to retrain."""


@dataclass(frozen=True)
class Review:
    """What a look at a release found.

    Parameters
    ----------
    verdict : str
        ``retrain``: the forecasts no longer hold; ``look``: they hold, but other accounts come in; ``fine``.
    headline : str
        One sentence that says so.
    findings : tuple of Finding
        Everything compared, alarms first.
    look : int
        How many looks were due since the release; 0 where it is too early.
    alpha : float
        Chance of any false alarm in this look.
    """

    verdict: Verdict
    headline: str
    findings: tuple[Finding, ...]
    look: int
    alpha: float

    @property
    def alarms(self) -> tuple[Finding, ...]:
        """What counts."""
        return tuple(finding for finding in self.findings if finding.alarm)

    @property
    def sentences(self) -> tuple[str, ...]:
        """The headline, each alarm, and what could not be told."""
        return (self.headline, *words.told(self.findings))

    def document(self) -> dict[str, Any]:
        """Return the review as JSON-ready values."""
        return {
            "verdict": self.verdict,
            "sentences": list(self.sentences),
            "look": self.look,
            "false_alarm_chance": self.alpha,
            "findings": [finding.document() for finding in self.findings],
        }


@dataclass(frozen=True)
class _Window:
    """Days looked at: after one, up to another; follow-up of customers runs behind by the grace days."""

    name: str
    after: np.datetime64
    until: np.datetime64


def review(
    reference: Reference,
    cohort: Cohort,
    predictors: Mapping[str, Predictor],
    attributes: Mapping[str, AttributeLike],
    met: pd.Series,
    looks_a_year: int = LOOKS_A_YEAR,
    false_alarms_a_year: float = FALSE_ALARMS_A_YEAR,
) -> Review:
    """Look at a release with what came after it.

    A look is due at the end of each period since the release (each quarter with four looks a year) and uses what was
    known by then, so that asking more often gives the same answer and no further chance of a false alarm. It compares
    the latest period, and from the second look on also everything since the release.

    Parameters
    ----------
    reference : Reference
        Kept with the release.
    cohort : Cohort
        As known now.
    predictors : mapping of str to Predictor
        The release's models by outcome, ``win`` and ``churn``.
    attributes : mapping of str to Attribute
        Attribute types.
    met : Series of datetime64
        Day each account came in, by ``account_id``; see :func:`icp_ml.drift.reference.met_on`.
    looks_a_year : int, default 4
        Looks a year that share the budget: 1, 2, 3, 4, 6 or 12.
    false_alarms_a_year : float, default 0.05
        Chance of any alarm in a year in which nothing changed.

    Returns
    -------
    Review

    Raises
    ------
    ValueError
        If ``looks_a_year`` does not divide 12 months.
    """
    if looks_a_year not in (1, 2, 3, 4, 6, 12):
        raise ValueError(f"looks_a_year must be 1, 2, 3, 4, 6 or 12; found {looks_a_year}")
    alpha = false_alarms_a_year / looks_a_year
    look = _looks_due(reference.as_of, cohort.as_of, 12 // looks_a_year)
    if not look:
        return Review("fine", words.too_early(reference.as_of, 12 // looks_a_year), (), 0, alpha)
    findings = judge(
        [
            replace(finding, window=window.name)
            for window in _windows(reference.as_of, look, 12 // looks_a_year)
            for finding in (
                *_performance(reference, cohort, predictors, list(attributes), window),
                *_population(reference, cohort, attributes, met, window),
            )
        ],
        alpha,
    )
    ordered = tuple(sorted(findings, key=lambda f: (not f.alarm, f.family == "population")))
    verdict = _verdict(ordered)
    return Review(verdict, words.headline(verdict, ordered), ordered, look, alpha)


def _verdict(findings: tuple[Finding, ...]) -> Verdict:
    families = {finding.family for finding in findings if finding.alarm}
    return "retrain" if "performance" in families else "look" if families else "fine"


def _looks_due(released: dt.date, now: dt.date, months: int) -> int:
    look = 0
    while add_months(np.datetime64(released, "D"), months * (look + 1)) <= np.datetime64(now, "D"):
        look += 1
    return look


def _windows(released: dt.date, look: int, months: int) -> list[_Window]:
    start = np.datetime64(released, "D")
    ends = add_months(np.repeat(start, look + 1), months * np.arange(look + 1))
    windows = [_Window(f"{ends[-2]} to {ends[-1]}", ends[-2], ends[-1])]
    return windows if look == 1 else [*windows, _Window(f"{ends[0]} to {ends[-1]}", ends[0], ends[-1])]


def _performance(
    reference: Reference, cohort: Cohort, predictors: Mapping[str, Predictor], names: list[str], window: _Window
) -> list[Finding]:
    """Compare forecasts with outcomes in a window."""
    findings = []
    if reference.win and "win" in predictors and cohort.has_wins:
        findings += _wins(reference.win, win_records(cohort, names), predictors["win"], window)
    if reference.churn and "churn" in predictors and cohort.has_churn:
        behind = np.datetime64(reference.as_of, "D") - np.datetime64(reference.follow_up_until, "D")
        shifted = replace(window, after=window.after - behind, until=window.until - behind)
        findings += _churn(reference.churn, churn_records(cohort, names), predictors["churn"], shifted)
    return findings


def _wins(certainty: Certainty, deals: WinRecords, predictor: Predictor, window: _Window) -> list[Finding]:
    """Compare deals closed in a window with their forecasts."""
    rows = np.flatnonzero((deals.begun > window.after) & (deals.begun <= window.until))
    tally = win_tally(predictor.predict(deals.frame.iloc[rows]), deals.target.won[rows], certainty)
    n = len(rows)
    level, ranking = compare_level(tally, certainty, more_is_worse=False), compare_ranking(tally, certainty)
    scale = 1 / n if n else 0.0
    return [
        _finding("win_level", n, level, scale, _LEAST_WIN_SHIFT, words.win_level(n, level)),
        _finding("win_ranking", n, ranking, 1.0, _LEAST_SLOPE_LOST, words.ranking("win", tally, ranking)),
    ]


def _churn(hazard: HazardReference, customers: ChurnRecords, predictor: Predictor, window: _Window) -> list[Finding]:
    """Compare endings in a window with those expected over the time customers were seen in it."""
    seen = exposure(customers, window.after, window.until)
    tally = hazard.tally(predictor.predict(customers.frame), seen)
    n = len(seen.rows)
    level = compare_level(tally, hazard.certainty, more_is_worse=True)
    ranking = compare_ranking(tally, hazard.certainty)
    scale = 1 / level.expected if level.expected > 0 else 0.0
    return [
        _finding("churn_level", n, level, scale, _LEAST_CHURN_SHIFT, words.churn_level(n, level)),
        _finding("churn_ranking", n, ranking, 1.0, _LEAST_SLOPE_LOST, words.ranking("churn", tally, ranking)),
    ]


def _finding(test: Any, n: int, found: Comparison, scale: float, least: float, text: str) -> Finding:
    """Put a comparison on the scale of its words: win rate, churn as a multiple of the forecast, slope."""
    subject = "win rate" if test.startswith("win") else "churn"
    before, now = found.expected * scale, found.seen * scale
    if found.p is None:
        return Finding(test, subject, n, None, None, text)
    deviation = found.deviation * scale if found.deviation else None
    return Finding(test, subject, n, before, now, text, found.p, abs(now - before) >= least, deviation)


def _population(
    reference: Reference,
    cohort: Cohort,
    attributes: Mapping[str, AttributeLike],
    met: pd.Series,
    window: _Window,
) -> list[Finding]:
    """Compare the accounts that came in during a window with those of before."""
    days = to_days(met.reindex(cohort.attributes.index))
    came = (days > window.after) & (days <= window.until)
    return population_findings(reference.population, cohort.attributes[came], attributes)
