"""Which segments are the ones of the last release."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from icp_ml.conditions import Condition, Rule
from icp_ml.config.schema import Attribute
from icp_ml.errors import ConfigError
from icp_ml.segments.partition import cells
from icp_ml.segments.stability import jaccard

SAME = 0.5


@dataclass(frozen=True)
class Earlier:
    """The segments of the previous release, in the order their rules are tried.

    Parameters
    ----------
    ids : tuple of str
        Their ids.
    rules : tuple of Rule
        Their rules, as long as ``ids``.
    gone : tuple of tuple of str
        For each rule, the attributes it names that are no longer there, or no longer of a type it can compare; most
        often none.
    retired : tuple of str
        Ids of segments that were gone by then.
    """

    ids: tuple[str, ...] = ()
    rules: tuple[Rule, ...] = ()
    gone: tuple[tuple[str, ...], ...] = ()
    retired: tuple[str, ...] = ()

    @classmethod
    def from_document(cls, document: Mapping[str, Any] | None, attributes: Mapping[str, Attribute]) -> Earlier:
        """Read the segments of a ``segments.json``; none where there is no previous release.

        Parameters
        ----------
        document : mapping or None
            Content of the previous release's ``segments.json``.
        attributes : mapping
            Specifications of today.

        Raises
        ------
        ConfigError
            If an entry has no id, or a rule this version cannot read.
        """
        if document is None:
            return cls()
        entries = document["segments"]
        for entry in entries:
            if "id" not in entry or "when" not in entry.get("rule", {}):
                raise ConfigError(
                    "a segment of the previous release must have an id and a rule.when; found the keys "
                    f"{sorted(entry)}; give --previous a release folder this version wrote, or 'none'"
                )
        rules = tuple(Rule.from_jsonlogic(entry["rule"]["when"]) for entry in entries)
        # A release of before there were changes has retired nothing that it tells of.
        retired = (document.get("changes") or {}).get("retired_ids", ())
        return cls(
            tuple(str(entry["id"]) for entry in entries),
            rules,
            tuple(_gone(rule, attributes) for rule in rules),
            tuple(str(i) for i in retired),
        )

    @property
    def still_tried(self) -> tuple[Rule, ...]:
        """The rules whose attributes are all there, in order."""
        return tuple(rule for rule, gone in zip(self.rules, self.gone, strict=True) if not gone)

    def labels(self, frame: pd.DataFrame) -> np.ndarray:
        """Return for each account the first rule that holds now, -1 where none, shape (n,), int.

        A rule on an attribute that is gone holds for nobody.
        """
        nobody = np.zeros(len(frame), dtype=bool)
        masks = [nobody if gone else rule.mask(frame) for rule, gone in zip(self.rules, self.gone, strict=True)]
        return cells(masks, len(frame))

    def told(self, frame: pd.DataFrame) -> np.ndarray:
        """Return for which accounts it is known where they would be, shape (n,), bool.

        Behind a rule that cannot be tried any more, nobody knows whether it would have held.
        """
        first = next((at for at, names in enumerate(self.gone) if names), None)
        if first is None:
            return np.ones(len(frame), dtype=bool)
        labels = self.labels(frame)
        return np.asarray((labels >= 0) & (labels < first))


def kept_ids(rules: Sequence[Rule], earlier: Earlier, frame: pd.DataFrame) -> list[str]:
    """Return an id for each rule: the earlier segment's of at least half the accounts in common, else a new number.

    Common are accounts of both over accounts of either (Jaccard). Segments of one release share no account, so that no
    two can each have more than half in common with the same one, and where they have exactly half each, either choice
    keeps as many: taking the closest pairs first is the best assignment there is. A lower bar would hand an id to a
    segment most of whose accounts are others.

    Parameters
    ----------
    rules : sequence of Rule
        New segments, in the order they are tried.
    earlier : Earlier
        The previous release's. One whose attributes the data no longer has matches nothing, but its number stays taken.
    frame : DataFrame
        Typed attributes of all accounts as they are now.
    """
    before = earlier.labels(frame)
    labels = cells([rule.mask(frame) for rule in rules], len(frame))
    overlaps = [
        (-jaccard(labels == new, before == old), old, new)
        for old in range(len(earlier.ids))
        for new in range(len(rules))
    ]
    ids: dict[int, str] = {}
    for overlap, old, new in sorted(overlaps):
        if -overlap >= SAME and new not in ids and earlier.ids[old] not in ids.values():
            ids[new] = earlier.ids[old]
    taken = [int(m[1]) for i in (*earlier.ids, *earlier.retired) if (m := re.fullmatch(r"S(\d+)", i))]
    fresh = 1 + max(taken, default=0)
    for new in range(len(rules)):
        if new not in ids:
            ids[new], fresh = f"S{fresh}", fresh + 1
    return [ids[new] for new in range(len(rules))]


def _gone(rule: Rule, attributes: Mapping[str, Attribute]) -> tuple[str, ...]:
    """Return the attributes a rule can no longer be tried on: not declared, or of a type its operator does not fit."""
    return tuple(dict.fromkeys(c.attribute for c in rule.conditions if not _fits(c, attributes)))


def _fits(condition: Condition, attributes: Mapping[str, Attribute]) -> bool:
    try:
        Condition.parse(condition.to_config(), attributes)
    except ConfigError:
        return False
    return attributes[condition.attribute].use != "ignore"
