"""Whether a release may become the champion: every gate with its reason. docs/promoting.md says why these."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import pandas as pd

from icp_ml.models.comparison import LEAST_ACCOUNTS, LEAST_EVENTS, Comparison, Pairs, compare
from icp_ml.release.decided_before import moved_edges, overruled, unanswered
from icp_ml.release.folder import ATTRIBUTES, Release, checksum, models_checksum
from icp_ml.release.pairing import Side, pair, sides
from icp_ml.release.soundness import Check, soundness

Grounds = Literal["first", "better", "refresh", "review", "rules", "moved"]

CHANCE = 0.05
"""Chance of calling an equal challenger better, all outcomes together."""
TOLERATED = 0.10
"""Part of the champion's Brier score by which a challenger may look worse within noise."""
_LEAST_SHARED = 0.5
"""Share of the champion's accounts that the challenger's data must have: else it is another CRM."""
_REVIEWED = "Promoted: the champion's own models, with the rules as a person reviewed them."
_EVENTS = {"churn": ("churned", "stayed"), "win": ("won", "lost")}


@dataclass(frozen=True)
class Verdict:
    """What the gate says.

    Parameters
    ----------
    grounds : str or None
        Why the release is promoted; None where it is not.
    headline : str
        The verdict in plain words.
    checks : tuple of Check
        Every gate.
    comparisons : tuple of Comparison
        Champion and challenger on the same accounts, by outcome.
    """

    grounds: Grounds | None
    headline: str
    checks: tuple[Check, ...] = ()
    comparisons: tuple[Comparison, ...] = ()

    @property
    def reasons(self) -> tuple[str, ...]:
        """Gates that are closed, in words."""
        return tuple(check.text for check in self.checks if check.passed is False)


def judge_release(
    challenger: Release, champion: Release | None, refresh: bool = False, random_state: int = 0
) -> Verdict:
    """Judge whether a release may become the champion.

    Parameters
    ----------
    challenger : Release
        The release that was asked for.
    champion : Release or None
        The present champion, verified; None for the first one.
    refresh : bool, optional
        Whether a release of newer data may take over though it is merely not worse.
    random_state : int, optional
        Seed of the resamples.

    Returns
    -------
    Verdict
    """
    if champion is not None and (checks := comparable(challenger, champion)):
        return _refused(checks)
    same_models = champion is not None and models_checksum(champion.folder) == models_checksum(challenger.folder)
    if same_models and challenger.criteria["review"] is not None:
        return Verdict("review", _REVIEWED)
    own = sides(challenger)
    checks = [*decisions_kept(challenger.criteria), *soundness(challenger, own, random_state)]
    if champion is None:
        return _first(checks, challenger)
    if same_models:
        return _same_models(checks, challenger, refresh)
    told, comparisons = _compared(sides(champion), own, random_state)
    return decide([*told, *checks], comparisons, _newer(challenger, champion), refresh)


def judge_in_place_of_lost(challenger: Release, entry: Mapping[str, Any], trouble: str) -> Verdict:
    """Judge a release where the champion cannot be read any more.

    Parameters
    ----------
    challenger : Release
        The release that was asked for.
    entry : mapping
        What the pointer says of the champion.
    trouble : str
        Why it cannot be read.
    """
    if checksum(challenger.folder) == entry.get("checksum"):
        return Verdict("moved", "Promoted: the champion itself, found at another place.")
    same = challenger.id == entry["id"] and models_checksum(challenger.folder) == entry.get("models")
    if same and challenger.criteria["review"] is not None:
        return Verdict("review", _REVIEWED)
    return _refused([Check("comparable", False, f"The champion cannot be compared with: {trouble}")])


def decide(checks: list[Check], comparisons: tuple[Comparison, ...], newer: bool, refresh: bool) -> Verdict:
    """Weigh the gates and what was compared.

    Parameters
    ----------
    checks : list of Check
        What else must hold.
    comparisons : tuple of Comparison
        One an outcome that could be compared.
    newer : bool
        Whether the challenger's data reach further than the champion's.
    refresh : bool
        Whether newer data and being no worse are enough.
    """
    checks = [*(not_worse(found) for found in comparisons), *checks]
    better = [is_better(found, len(comparisons)) for found in comparisons]
    if any(check.passed is False for check in checks):
        return _refused(checks, comparisons)
    if any(check.passed for check in better):
        told = "; ".join(check.gist for check in better if check.passed)
        return Verdict("better", f"Promoted: {told}.", (*better, *checks), comparisons)
    if refresh and newer:
        how = "not worse beyond noise" if comparisons else "the two could not be compared"
        return Verdict("refresh", f"Promoted as a refresh: newer data, {how}.", tuple(checks), comparisons)
    return _refused([*_no_grounds(better, newer, refresh), *checks], comparisons)


def is_better(found: Comparison, outcomes: int) -> Check:
    """Ask whether the challenger's Brier score is lower beyond chance, several outcomes sharing the error budget."""
    low, _ = found.interval("brier", 1 - 2 * CHANCE / outcomes)
    passed = low is not None and low > 0
    said = f"{found.pairs.outcome}: {'better' if passed else 'not better'} beyond chance"
    return Check(f"{found.pairs.outcome}_better", passed, f"{said} ({_gain_words(found)})", said)


def not_worse(found: Comparison) -> Check:
    """Ask whether the challenger is no worse: not beyond noise, and within it by no more than is tolerated."""
    _, high = found.interval("brier")
    passed, said = False, "worse beyond noise"
    if high is None or high >= 0:
        passed = found.gain("brier") >= -TOLERATED * found.champion["brier"]
        said = "not worse beyond noise" if passed else f"worse by more than {TOLERATED:.0%}, though noise could do that"
    said = f"{found.pairs.outcome}: {said}"
    return Check(f"{found.pairs.outcome}_not_worse", passed, f"{said} ({_gain_words(found)})", said)


def comparable(challenger: Release, champion: Release) -> list[Check]:
    """Return why two releases cannot be compared; empty where they can."""
    new, old = challenger.criteria, champion.criteria
    told = []
    if new["name"] != old["name"]:
        told.append(f"it is of {new['name']}, the champion of {old['name']}")
    months = [document["churn_horizon_months"] for document in (new, old)]
    if months[0] != months[1]:
        told.append(f"it forecasts churn within {months[0]} months, the champion within {months[1]}")
    if new["as_of"] < old["as_of"]:
        told.append(
            f"its data end on {new['as_of']}, before the champion's ({old['as_of']}); 'icp promote --rollback' goes "
            "back to an earlier champion"
        )
    shared = _shared(challenger, champion)
    if shared < _LEAST_SHARED:
        told.append(
            f"only {shared:.0%} of the champion's accounts are in its data (at least {_LEAST_SHARED:.0%} must be), as "
            "if it were another CRM or ids had changed"
        )
    return [Check("comparable", False, f"The two cannot be compared: {text}") for text in told]


def decisions_kept(document: Mapping[str, Any]) -> list[Check]:
    """Close the gate where a release goes against what people decided before, and no person has reviewed it since."""
    if not unanswered(document):
        return []
    ids = [rule["here"] or rule["id"] for rule in overruled(document)]
    what = ", ".join([*ids, *(f"the {edge} edge" for edge in moved_edges(document))])
    text = (
        f"it goes against what people decided before ({what}), and no person has reviewed it: icp review --again "
        "takes their decisions again, any other review decides anew"
    )
    return [Check("decisions_kept", False, text, f"it goes against what people decided before ({what})")]


def _shared(challenger: Release, champion: Release) -> float:
    """Share of the champion's accounts that the challenger knows."""
    theirs, ours = (
        pd.Index(release.table(ATTRIBUTES).column("account_id").to_pylist()) for release in (champion, challenger)
    )
    return float(theirs.isin(ours).mean()) if len(theirs) else 1.0


def _newer(challenger: Release, champion: Release) -> bool:
    return str(challenger.criteria["as_of"]) > str(champion.criteria["as_of"])


def _compared(
    champion: Mapping[str, Side], challenger: Mapping[str, Side], random_state: int
) -> tuple[list[Check], tuple[Comparison, ...]]:
    """Compare the outcomes that either models; returns what closes the gate or could not be compared, and the rest."""
    checks, found = [], []
    for outcome, own in challenger.items():
        if own.predictor is None:
            if champion[outcome].predictor is not None:
                text = f"the champion forecasts {outcome}, this release does not; its report says why"
                checks.append(Check(f"{outcome}_model", False, text))
            continue
        if own.held_out is None:
            text = f"{outcome}: the release kept no held-out accounts (holdout.parquet); run 'icp discover' again"
            checks.append(Check(f"{outcome}_compared", False, text))
            continue
        pairs = pair(outcome, champion[outcome], own)
        if pairs.enough:
            found.append(compare(pairs, random_state))
        else:
            checks.append(Check(f"{outcome}_compared", None, _too_few(pairs)))
    return checks, tuple(found)


def _first(checks: list[Check], challenger: Release) -> Verdict:
    if any(check.passed is False for check in checks):
        return _refused(checks)
    models = challenger.predictors
    held = "" if models else " It has no model: its rules stand on their own evidence."
    return Verdict("first", f"Promoted: the first champion, so there is none to compare it with.{held}", tuple(checks))


def _same_models(checks: list[Check], challenger: Release, refresh: bool) -> Verdict:
    """Models equal to the byte: only the rules can differ, and these stand on their own evidence."""
    own = "its models are the champion's, to the byte" if challenger.predictors else "neither has a model"
    if not refresh:
        checks = [Check("grounds", False, f"{own}, so it cannot be better; --refresh takes it for its rules"), *checks]
    if any(check.passed is False for check in checks):
        return _refused(checks)
    return Verdict("rules", f"Promoted for its rules: {own}.", tuple(checks))


def _refused(checks: list[Check], comparisons: tuple[Comparison, ...] = ()) -> Verdict:
    closed = "; ".join(check.gist or check.text for check in checks if check.passed is False)
    return Verdict(None, f"Not promoted: {closed}.", tuple(checks), comparisons)


def _no_grounds(better: list[Check], newer: bool, refresh: bool) -> list[Check]:
    """Say why being no worse is not enough."""
    if refresh:
        text = "it is not better beyond chance, and --refresh is for newer data, which it does not have"
        return [*better, Check("grounds", False, text)]
    least = "an equal challenger does not take over" if better else "nothing shows it to be better"
    more = "; its data are newer, and --refresh takes such a release if it is not worse" if newer else ""
    return [*better, Check("grounds", False, f"{least}{more}")]


def _gain_words(found: Comparison) -> str:
    pairs, (low, high) = found.pairs, found.interval("brier")
    ends = f", 90 % interval {low:+.4f} to {high:+.4f}" if low is not None and high is not None else ""
    return (
        f"Brier score {found.challenger['brier']:.4f} against {found.champion['brier']:.4f} on "
        f"{pairs.events + pairs.others:,} shared accounts, gain {found.gain('brier'):+.4f}{ends}"
    )


def _too_few(pairs: Pairs) -> str:
    yes, no = _EVENTS[pairs.outcome]
    return (
        f"{pairs.outcome}: too few to compare: both forecast {pairs.events + pairs.others:,} accounts with a known "
        f"outcome, {pairs.events:,} {yes} and {pairs.others:,} {no}; needed are {LEAST_ACCOUNTS}, with {LEAST_EVENTS} "
        "of either"
    )
