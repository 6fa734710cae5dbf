"""The smallest change of what is known of an account that would put it into another tier."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np
import pandas as pd

from icp_ml.conditions import AttributeLike
from icp_ml.release.rules import TIERS, ActiveRules
from icp_ml.release.small_changes import Attempts, Step, attempts_of
from icp_ml.release.wording import holding_words, value_words
from icp_ml.wording import label_words

Text = TypeVar("Text", str, None)
_MOST = 2
"""Attributes changed at once: what takes more is no small change."""


@dataclass(frozen=True)
class Change:
    """One change and the tier it leads to.

    Parameters
    ----------
    tier : str
        The tier then.
    score : int
        The score then.
    changes : tuple of dict
        ``attribute``, ``before`` and ``after`` (words): one or two.
    text : str
        The change in a sentence.
    """

    tier: str
    score: int
    changes: tuple[dict[str, str], ...]
    text: str


def closest_change(frame: pd.DataFrame, rules: ActiveRules, attributes: Mapping[str, AttributeLike]) -> Change | None:
    """Return the change of the fewest attributes, and among these the smallest, that would alter the tier.

    A change for the better is preferred; for a green account it is what would lose that.

    Parameters
    ----------
    frame : DataFrame of one row
        Typed attributes of the account.
    rules : ActiveRules
        What gives its tier.
    attributes : mapping of str to Attribute
        What each attribute is.

    Returns
    -------
    Change or None
        None where no change of one or two attributes that rules name alters the tier.
    """
    return closest_changes(frame, rules, attributes)[0]


def closest_changes(
    frame: pd.DataFrame, rules: ActiveRules, attributes: Mapping[str, AttributeLike]
) -> list[Change | None]:
    """Return the closest change of each of many accounts, as :func:`closest_change` says it of one.

    What a change leads to is worked out once for all accounts of which the same conditions hold; how far it is, for
    each account.

    Parameters
    ----------
    frame : DataFrame of shape (n_accounts, n_attributes)
        Typed attributes.
    rules, attributes
        As for :func:`closest_change`.

    Returns
    -------
    list of Change or None
        One an account, in the order of the frame; accounts of which the same is said share it.
    """
    found: list[Change | None] = [None] * len(frame)
    attempts = attempts_of(frame, rules)
    words = _Words(frame, attributes)
    rows = np.arange(len(frame))
    for size in range(1, _MOST + 1):
        left = []
        for same in attempts.of_size(size, rows):
            taken, tier, score = _chosen(same)
            for row, at, then, points in zip(*(v.tolist() for v in (same.rows, taken, tier, score)), strict=True):
                if at >= 0:
                    found[row] = words.change(row, same.names_of(at), same.steps_of(at), TIERS[then], points)
            left.append(same.rows[taken < 0])
        rows = np.concatenate(left) if left else rows[:0]
    return found


def pieces(tier: str, changes: Sequence[tuple[str, Text]]) -> list[str | Text]:
    """Say what would be, of the values after and before; every second piece comes from the data.

    >>> "".join(pieces("green", [("it had 40 employees", "30 people")]))
    'it would be green if it had 40 employees (now 30 people).'
    """
    said: list[str | Text] = [f"it would be {tier} if "]
    for after, before in changes:
        said += [after, " (now ", before, ") and "]
    said[-1] = ")."
    return said


def _chosen(same: Attempts) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return of each account the attempt taken, -1 for none, its tier and its score."""
    now = same.tier_now[:, None]
    # A change for the better is told first, and the one that leads furthest.
    reach = np.where(same.tier == now, -1, np.maximum(same.tier - now, 0))
    best = reach.max(axis=1, keepdims=True)
    wanted = (reach == best) & (best >= 0)
    # Of attempts as far off as each other the first counts.
    at = np.where(wanted[same.kind], same.far(), np.inf).argmin(axis=1)
    taken = np.where(wanted.any(axis=1)[same.kind], at, -1)
    return taken, same.tier[same.kind, at], same.score[same.kind, at]


class _Words:
    """Puts changes into words, each different one once."""

    def __init__(self, frame: pd.DataFrame, attributes: Mapping[str, AttributeLike]) -> None:
        self._attributes = attributes
        self._values = {name: list(frame[name]) for name in frame.columns if name in attributes}
        self._known: dict[tuple[Any, ...], Change] = {}

    def change(self, row: int, names: Sequence[str], steps: Sequence[Step], tier: str, score: int) -> Change:
        values = [self._values[name][row] for name in names]
        key = (tier, score, *names, *map(id, steps), *(None if _missing(v) else v for v in values))
        if key not in self._known:
            changes = tuple(
                _change(name, value, step, self._attributes[name])
                for name, value, step in zip(names, values, steps, strict=True)
            )
            said = pieces(tier, [(c["after"], c["before"]) for c in changes])
            self._known[key] = Change(tier, score, changes, "".join(said))
        return self._known[key]


def _missing(value: Any) -> bool:
    return not isinstance(value, tuple) and bool(pd.isna(value))


def _would_hold(label: str, beyond: str, words: str) -> str:
    """Say of a number that it were so.

    >>> _would_hold("employee count", "under ", "40 employees")
    'it had under 40 employees'
    >>> _would_hold("annual revenue", "over ", "annual revenue 5,000 EUR")
    'its annual revenue was over 5,000 EUR'
    """
    value = words.removeprefix(f"{label} ")
    return f"it had {beyond}{words}" if value == words else f"its {label} was {beyond}{value}"


def _would(words: str) -> str:
    """Say of a yes or no that it were so.

    >>> _would("has no revops"), _would("is public"), _would("recent funding is yes"), _would("uses slack")
    ('it had no revops', 'it was public', 'its recent funding was yes', 'it uses slack')
    """
    for said, would in (("has ", "it had "), ("is ", "it was ")):
        if words.startswith(said):
            return f"{would}{words.removeprefix(said)}"
    what, says, value = words.rpartition(" is ")
    return f"its {what} was {value}" if says else f"it {words}"


def _change(name: str, value: Any, step: Step, spec: AttributeLike) -> dict[str, str]:
    before = value_words(value, spec)
    if step.end is not None:
        after = _would_hold(label_words(name), step.words, holding_words(name, step.end, spec))
    elif spec.type == "tags":
        has = isinstance(value, tuple) and step.value in value
        after = f"it had {'no ' if has else ''}{step.value} in {label_words(name)}"
    elif step.value is None:
        after = f"it had another {label_words(name)}"
    elif spec.type == "boolean":
        after = _would(holding_words(name, step.value, spec))
    else:
        after = f"its {label_words(name)} was {step.value}"
    return {"attribute": name, "before": before, "after": after}
