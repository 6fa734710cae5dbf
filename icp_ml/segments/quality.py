"""Segment quality in seven dimensions, each measured where columns allow, else with the column that would measure it.

A measure is *better* or *worse* where its 90 % interval lies clear of that of all other accounts, on the good or the
bad side; anything else is the *same*, or *unmeasured*. With this, a dimension is

``better``
    at least one of its measures is better, none worse.
``worse``
    at least one worse, none better.
``mixed``
    some better and some worse.
``same``
    at least one measured, none better or worse.
``unmeasured``
    nothing measured that has a good side.

Of comparisons in which nothing differs, one in thirty or so comes out as better or worse: intervals that must not touch
are a sterner test than their 90 %, but a table has some fifteen of them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from icp_ml.cohort.cohort import Cohort
from icp_ml.config.schema import Config
from icp_ml.config.segment_quality import Dimension
from icp_ml.segments.figures import Figure
from icp_ml.segments.quality_measures import Measure, measures_of
from icp_ml.segments.verdicts import compared


@dataclass(frozen=True)
class SegmentQuality:
    """The measures of all dimensions, ready to be taken of any group.

    Parameters
    ----------
    measures : dict
        Dimension to its measures, in the order told.
    """

    measures: dict[Dimension, tuple[Measure, ...]]

    @classmethod
    def of(cls, cohort: Cohort, config: Config) -> SegmentQuality:
        """Return what the config names, or what a dimension has by itself, with what the cohort holds of it."""
        return cls(measures_of(cohort, config))

    def figures(self, members: np.ndarray) -> dict[str, Figure]:
        """Return what a group's own figures do not hold already, by key.

        Parameters
        ----------
        members : ndarray of bool, shape (n_accounts,)
            The group, accounts that nobody worked included.
        """
        every = [measure for measures in self.measures.values() for measure in measures]
        return {m.key: m.figure(members) for m in every if m.spec.figure is None}

    def table(self, here: Mapping[str, Figure], elsewhere: Mapping[str, Figure]) -> tuple[dict[str, Any], ...]:
        """Return one entry a dimension.

        Parameters
        ----------
        here, elsewhere : mapping
            Figures of the segment and of all other accounts, from accounts that did not form it: those of
            :func:`icp_ml.segments.figures.segment_figures` and of :meth:`figures` together.

        Returns
        -------
        tuple of dict
            ``dimension``, ``standing``, and ``measures``: each as the config spells it, with ``direction`` (None: told
            and not judged), ``unit``, ``of`` (whom ``n`` counts), ``here`` and ``elsewhere`` (``{"estimate", "low",
            "high", "level", "n"}`` or ``{"absent"}``), ``standing``, and ``needs`` where the data lacks what would
            measure it.
        """
        found = []
        for dimension, measures in self.measures.items():
            entries = [_entry(m, here[m.key], elsewhere[m.key]) for m in measures]
            judged = [e["standing"] for e in entries if e["direction"] is not None]
            found.append({"dimension": dimension, "standing": standing(judged), "measures": entries})
        return tuple(found)


def standing(measures: Sequence[str]) -> str:
    """Return the standing of a dimension from those of its measures.

    >>> standing(["better", "same"]), standing(["better", "worse"]), standing(["unmeasured"]), standing([])
    ('better', 'mixed', 'unmeasured', 'unmeasured')
    """
    clear = {s for s in measures if s in ("better", "worse")}
    if clear:
        return "mixed" if len(clear) > 1 else clear.pop()
    return "same" if "same" in measures else "unmeasured"


def _entry(measure: Measure, here: Figure, elsewhere: Figure) -> dict[str, Any]:
    entry = measure.entry() | {"here": _in_range(here, measure), "elsewhere": _in_range(elsewhere, measure)}
    needs = {"needs": measure.needs} if isinstance(measure.counted, str) else {}
    return entry | {"standing": _standing(measure, entry["here"], entry["elsewhere"])} | needs


def _standing(measure: Measure, here: Figure, elsewhere: Figure) -> str:
    if "absent" in here or "absent" in elsewhere:
        return "unmeasured"
    above = compared({"it": here}, {"it": elsewhere}, "it")
    if measure.direction is None or above == 0:
        return "same"
    return "better" if (above > 0) == (measure.direction == "higher") else "worse"


def _in_range(figure: Figure, measure: Measure) -> Figure:
    """Return a figure that was moved to the rule's own boundary, no further than such a figure can go."""
    if "absent" in figure or measure.counted is None or isinstance(measure.counted, str):
        return figure
    return figure | {end: float(np.clip(figure[end], *measure.counted.limits)) for end in ("estimate", "low", "high")}
