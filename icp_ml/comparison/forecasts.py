"""The models of two releases on the accounts that both forecast without having seen them."""

from __future__ import annotations

from typing import Any

from icp_ml.models.comparison import LEAST_ACCOUNTS, LEAST_EVENTS, compare
from icp_ml.release.folder import Release, models_checksum
from icp_ml.release.pairing import pair, sides

_FIGURES = ("auc", "brier")


def compared_forecasts(before: Release, after: Release, random_state: int = 0) -> list[dict[str, Any]]:
    """Return how well either release's models forecast the same accounts, as ``icp promote`` compares them.

    Parameters
    ----------
    before, after : Release
        The releases; the held-out accounts are those of the one whose data reach further.
    random_state : int, optional
        Seed of the resamples.

    Returns
    -------
    list of dict
        One an outcome: ``outcome``, ``n``, ``events``, ``figures`` (``auc`` and ``brier``, each ``before``, ``after``
        and the difference with its 90 % interval), or ``absent`` with the reason.
    """
    if models_checksum(before.folder) == models_checksum(after.folder):
        return []
    turned = str(after.criteria["as_of"]) < str(before.criteria["as_of"])
    champion, challenger = (sides(release) for release in ((after, before) if turned else (before, after)))
    told: list[dict[str, Any]] = []
    for outcome, own in challenger.items():
        if own.predictor is None and champion[outcome].predictor is None:
            continue
        entry: dict[str, Any] = {"outcome": outcome}
        if own.predictor is None or champion[outcome].predictor is None:
            told.append(entry | {"absent": "only one of the two has such a model"})
        elif own.held_out is None:
            told.append(entry | {"absent": "the newer release kept no accounts apart to compare on"})
        else:
            pairs = pair(outcome, champion[outcome], own)
            n = pairs.events + pairs.others
            if not pairs.enough:
                text = (
                    f"both forecast {n:,} accounts with a known outcome; needed are {LEAST_ACCOUNTS}, with "
                    f"{LEAST_EVENTS} of either"
                )
                told.append(entry | {"absent": text})
                continue
            found = compare(pairs, random_state)
            told.append(entry | {"n": n, "events": pairs.events, "figures": _figures(found, turned)})
    return told


def _figures(found: Any, turned: bool) -> dict[str, dict[str, Any]]:
    figures = {}
    for name in _FIGURES:
        # A gain is in the newer one's favour; here the difference is after minus before, whatever is better.
        sign = (1 if name == "auc" else -1) * (-1 if turned else 1)
        low, high = found.interval(name)
        ends = None if low is None or high is None else sorted((sign * low, sign * high))
        values = [found.champion[name], found.challenger[name]]
        before, after = values[::-1] if turned else values
        figures[name] = {
            "before": before,
            "after": after,
            "estimate": sign * found.gain(name),
            "low": ends[0] if ends else None,
            "high": ends[1] if ends else None,
        }
    return figures
