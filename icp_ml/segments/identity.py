"""Which segments are the ones of the last release."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from icp_ml.conditions import Rule
from icp_ml.errors import ConfigError
from icp_ml.segments.partition import cells
from icp_ml.segments.stability import jaccard

SAME = 0.5


def kept_ids(rules: Sequence[Rule], previous: Sequence[Mapping[str, Any]], frame: pd.DataFrame) -> list[str]:
    """Return an id for each rule: the previous segment's whose accounts overlap most, else a number never used.

    Parameters
    ----------
    rules : sequence of Rule
        New segments, in the order they are tried.
    previous : sequence of mapping
        Entries of an earlier ``segments.json``, in order, with ``id`` and ``rule.when``. One whose attributes the data
        no longer has matches nothing, but its number stays taken.
    frame : DataFrame
        Typed attributes of all accounts as they are now.

    Raises
    ------
    ConfigError
        If an entry has no id, or a rule this version cannot read.
    """
    old = _previous_members(previous, frame)
    labels = cells([rule.mask(frame) for rule in rules], len(frame))
    overlaps = [
        (-jaccard(labels == new, members), number, new)
        for number, (_, members) in enumerate(old)
        for new in range(len(rules))
    ]
    ids: dict[int, str] = {}
    for overlap, number, new in sorted(overlaps):
        if -overlap >= SAME and new not in ids and old[number][0] not in ids.values():
            ids[new] = old[number][0]
    fresh = 1 + max((int(m.group(1)) for i, _ in old if (m := re.fullmatch(r"S(\d+)", i))), default=0)
    for new in range(len(rules)):
        if new not in ids:
            ids[new], fresh = f"S{fresh}", fresh + 1
    return [ids[new] for new in range(len(rules))]


def _previous_members(previous: Sequence[Mapping[str, Any]], frame: pd.DataFrame) -> list[tuple[str, np.ndarray]]:
    """Return each earlier segment's id and which accounts it would hold now."""
    names, masks = [], []
    for entry in previous:
        if "id" not in entry or "when" not in entry.get("rule", {}):
            raise ConfigError(
                f"a segment of the previous release must have an id and a rule.when; found the keys {sorted(entry)}; "
                "give --previous a release folder this version wrote, or 'none'"
            )
        rule = Rule.from_jsonlogic(entry["rule"]["when"])
        known = set(rule.attributes) <= set(frame.columns)
        names.append(str(entry["id"]))
        masks.append(rule.mask(frame) if known else np.zeros(len(frame), dtype=bool))
    labels = cells(masks, len(frame))
    return [(name, labels == at) for at, name in enumerate(names)]
