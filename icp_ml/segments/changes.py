"""What changed in the segments since the previous release, for ``segments.json``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

import numpy as np

from icp_ml.cohort.cohort import Cohort
from icp_ml.conditions import Rule
from icp_ml.config.schema import Attribute
from icp_ml.segments.change_words import Named, change_words
from icp_ml.segments.identity import Earlier
from icp_ml.segments.partition import cells
from icp_ml.segments.transitions import Change, flows, what_changed


class Ruled(Protocol):
    """What a change is told of: a segment of a discovery, or one read back from a release."""

    @property
    def id(self) -> str:
        """Its id."""

    @property
    def rule(self) -> Rule:
        """Its rule."""


def changes_since(
    previous: Mapping[str, Any] | None,
    segments: Sequence[Ruled],
    cohort: Cohort,
    attributes: Mapping[str, Attribute],
) -> dict[str, Any] | None:
    """Return what became of each segment of either release, None where there is no previous one.

    Both releases' rules are laid over every account as known last, as exports and scores do: these are counts of all
    there are, no samples, and have no interval.

    Parameters
    ----------
    previous : mapping or None
        Content of the previous release's ``segments.json``.
    segments : sequence of Ruled
        This release's, in the order their rules are tried, with ids that were kept where they could be.
    cohort : Cohort
        One row an account.
    attributes : mapping
        Specifications of today.

    Returns
    -------
    dict or None
        ``since`` and ``since_as_of`` of the previous release; ``accounts`` and ``arr`` (what customers pay now): how
        many keep their segment, "no segment" being one too, as ``{"same", "of", "share"}`` or ``{"absent": reason}``;
        ``segments``: each change as :mod:`icp_ml.segments.transitions` defines it, with ``from`` and ``to`` (ids),
        ``accounts`` (in any of these segments then or now), ``text``, and for one of the same id ``left`` (share of its
        accounts that went), ``joined`` (share of those now in it that came) and both rules in words; ``flows``: how
        many accounts went from which segment to which, null being none; ``retired_ids``, never to be given again.

    Raises
    ------
    ConfigError
        If the previous document holds a segment without id, or a rule this version cannot read.
    """
    if previous is None:
        return None
    earlier, frame = Earlier.from_document(previous, attributes), cohort.latest
    before = Named(earlier.ids, tuple(rule.text(attributes) for rule in earlier.rules), earlier.gone)
    now = Named(tuple(s.id for s in segments), tuple(s.rule.text(attributes) for s in segments))
    then, here = earlier.labels(frame), cells([s.rule.mask(frame) for s in segments], len(frame))
    counts = flows(then, here, len(before.ids), len(now.ids))
    same = {old: now.ids.index(name) for old, name in enumerate(before.ids) if name in now.ids}
    stays = np.array([same.get(old, -2) for old in range(len(before.ids))] + [-1])[then] == here
    return {
        "since": previous.get("release_id"),
        "since_as_of": previous.get("as_of"),
        **_staying(stays, earlier.told(frame), cohort),
        "segments": [_entry(change, counts, before, now) for change in what_changed(counts, same)],
        "flows": [
            {"from": (*before.ids, None)[old], "to": (*now.ids, None)[new], "accounts": int(counts[old, new])}
            for old, new in np.argwhere(counts)
        ],
        "retired_ids": sorted({*earlier.ids, *earlier.retired} - set(now.ids)),
    }


def _staying(stays: np.ndarray, told: np.ndarray, cohort: Cohort) -> dict[str, Any]:
    """Return how many accounts keep their segment, and how much their customers pay now, of those both can assign."""
    if not told.any():
        reason = "the previous release's rules cannot be tried on this data"
        return {"accounts": {"absent": reason}, "arr": {"absent": reason}}
    n, of = int(np.sum(stays & told)), int(told.sum())
    arr = cohort.accounts["arr_now"].fillna(0.0).to_numpy(dtype=float) if "arr_now" in cohort.accounts else 0.0 * stays
    paid, paying = float(arr[stays & told].sum()), float(arr[told].sum())
    return {
        "accounts": {"same": n, "of": of, "share": round(n / of, 6)},
        "arr": {"same": round(paid, 2), "of": round(paying, 2), "share": round(paid / paying, 6)}
        if paying > 0
        else {"absent": "no customer of known ARR"},
    }


def _entry(change: Change, counts: np.ndarray, before: Named, now: Named) -> dict[str, Any]:
    old, new = list(change.before), list(change.now)
    both = int(counts[np.ix_(old, new)].sum())
    held, holds = int(counts[old].sum()), int(counts[:, new].sum())
    entry: dict[str, Any] = {
        "change": change.kind,
        "from": [before.ids[at] for at in old],
        "to": [now.ids[at] for at in new],
        "accounts": held + holds - both,
        "text": change_words(change, counts, before, now),
    }
    if change.kind in ("kept", "moved"):
        entry |= {
            "left": _share(held - both, held),
            "joined": _share(holds - both, holds),
            "rule_before": before.rules[old[0]],
            "rule_now": now.rules[new[0]],
        }
    return entry


def _share(part: int, whole: int) -> float:
    """Return a share, 0 of nobody: a segment that no account falls to any more loses and gains none."""
    return round(part / whole, 6) if whole else 0.0
