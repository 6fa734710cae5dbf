"""Rules become segments: every figure from accounts that did not form the rule they are counted by."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from icp_ml.cohort.cohort import Cohort
from icp_ml.config.schema import Config
from icp_ml.segments.crossfit import Crossfit
from icp_ml.segments.curves import as_curve, kept_by_month
from icp_ml.segments.describing import fidelity
from icp_ml.segments.figures import Figure, churn_months, segment_figures, segment_sizes
from icp_ml.segments.folds import FOLDS
from icp_ml.segments.partition import cells
from icp_ml.segments.quality import SegmentQuality
from icp_ml.segments.questions import five_questions
from icp_ml.segments.types import Segment
from icp_ml.segments.verdicts import ranking, verdict

_RANGE = {"win_rate": (0.0, 1.0), "churn": (0.0, 1.0), "grr": (0.0, 1.0), "nrr": (0.0, np.inf), "pull": (1.0, 5.0)}
_NORMAL = 1.645  # of a 90 % interval


@dataclass(frozen=True)
class Grouping:
    """Who is counted, and the density cluster of those on whom rules and clusters are compared.

    Parameters
    ----------
    counted : ndarray of bool, shape (n,)
        Accounts with an outcome.
    clusters : ndarray of int, shape (n,)
        -1 noise, -2 not compared.
    """

    counted: np.ndarray
    clusters: np.ndarray


def measured(
    cohort: Cohort,
    config: Config,
    found: Crossfit,
    ids: Sequence[str],
    stability: Sequence[float],
    grouping: Grouping,
) -> tuple[tuple[Segment, ...], dict[str, Any]]:
    """Return the segments, and what there is to say of them all.

    Parameters
    ----------
    cohort : Cohort
        One row an account.
    config : Config
        Attributes and economics.
    found : Crossfit
        Rules in order, and what stands in for each on accounts that did not form it.
    ids : sequence of str
        Their ids.
    stability : sequence of float
        Their resampling Jaccard.
    grouping : Grouping
        Who is counted, and density clusters.

    Returns
    -------
    tuple
        Segments in order, and ``ranking`` (ids by expected value of an opportunity and by win rate alone),
        ``elsewhere`` (figures) and ``no_segment`` (sizes) of the accounts of no segment, ``in_segments`` (figures) of
        all others, ``came_back`` (in how many of five folds each rule was formed again without them).
    """
    labels = cells(list(found.masks), len(cohort.accounts))
    held_out, counted = found.labels(), grouping.counted
    compared = grouping.clusters > -2
    months, economics = churn_months(cohort, counted), config.economics
    quality = SegmentQuality.of(cohort, config)
    segments = []

    def kept(who: np.ndarray) -> dict[str, Figure]:
        return kept_by_month(cohort, counted & who)

    for at, rule in enumerate(found.rules):
        shifts = _shifts(found, at, lambda who: segment_figures(cohort, counted & who, months, economics))
        figures = shifted(segment_figures(cohort, counted & (held_out == at), months, economics), shifts)
        elsewhere = segment_figures(cohort, counted & (held_out != at), months, economics)
        more = shifted(quality.figures(held_out == at), _shifts(found, at, quality.figures))
        table = quality.table(figures | more, elsewhere | quality.figures(held_out != at))
        segment = Segment(
            id=ids[at],
            name=rule.text(config.attributes),
            rule=rule,
            sizes=segment_sizes(cohort, labels == at),
            figures=figures,
            fidelity=fidelity(labels[compared] == at, grouping.clusters[compared]),
            stability=stability[at],
            verdict=verdict(figures, elsewhere),
            members_key=rule.key(),
            quality=table,
            questions=five_questions(table),
            elsewhere=elsewhere,
            curve=as_curve(shifted(kept(held_out == at), _shifts(found, at, kept))),
        )
        segments.append(segment)
    return tuple(segments), {
        "ranking": ranking({s.id: s.figures for s in segments}),
        "elsewhere": segment_figures(cohort, counted & (held_out == -1), months, economics),
        "in_segments": segment_figures(cohort, counted & (held_out >= 0), months, economics),
        "no_segment": segment_sizes(cohort, labels == -1),
        "came_back": {ids[at]: f"{n} of {FOLDS}" for at, n in enumerate(found.came_back)},
    }


def shifted(figures: Mapping[str, Figure], shifts: Mapping[str, Sequence[float]]) -> dict[str, Figure]:
    """Return figures moved by their mean shift, intervals widened by how the shifts scatter; shares kept in range.

    Parameters
    ----------
    figures : mapping
        Of a segment's stand-ins.
    shifts : mapping
        Figure: by how much the rule's exceeds the stand-in's, one a fold.

    >>> shifted({"churn": {"estimate": 0.1, "low": 0.0, "high": 0.25, "n": 9}}, {"churn": [-0.05, -0.05]})
    {'churn': {'estimate': 0.05, 'low': 0.0, 'high': 0.2, 'n': 9}}
    """
    found = {}
    for name, figure in figures.items():
        if "absent" not in figure and name in shifts:
            shift, scatter = float(np.mean(shifts[name])), _NORMAL * float(np.std(shifts[name]))
            here = figure["estimate"]
            moved = {
                "estimate": here + shift,
                "low": here + shift - float(np.hypot(here - figure["low"], scatter)),
                "high": here + shift + float(np.hypot(figure["high"] - here, scatter)),
            }
            lowest, highest = _RANGE.get(name, (-np.inf, np.inf))
            figure = {**figure, **{end: round(float(np.clip(v, lowest, highest)), 6) for end, v in moved.items()}}
        found[name] = figure
    return found


def _shifts(found: Crossfit, at: int, measure: Callable[[np.ndarray], dict[str, Figure]]) -> dict[str, list[float]]:
    """Return by how much a rule's figures exceed those of its stand-ins, on the accounts that formed each stand-in.

    A stand-in's boundary is not quite the rule's own. On the same accounts both have the same luck, so that the
    difference moves the figures to the rule's boundary and adds next to none of the luck that formed it.
    """
    whole = cells(list(found.masks), len(found.folds)) == at
    shifts: dict[str, list[float]] = {}
    for fold, masks in enumerate(found.stand_ins):
        if not masks[at].any():
            continue
        others = found.folds != fold
        instead = cells(list(masks), len(others)) == at
        rule, stand_in = measure(whole & others), measure(instead & others)
        for name in rule:
            if "absent" not in rule[name] and "absent" not in stand_in[name]:
                shifts.setdefault(name, []).append(rule[name]["estimate"] - stand_in[name]["estimate"])
    return shifts
