"""Rules become segments: every figure from accounts that did not form the rule they are counted by."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from icp_ml.cohort.cohort import Cohort
from icp_ml.config.schema import Config
from icp_ml.segments.crossfit import Crossfit
from icp_ml.segments.describing import fidelity
from icp_ml.segments.figures import churn_months, segment_figures, segment_sizes
from icp_ml.segments.folds import FOLDS
from icp_ml.segments.partition import cells
from icp_ml.segments.types import Segment
from icp_ml.segments.verdicts import ranking, verdict


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
        ``elsewhere`` (figures) and ``no_segment`` (sizes) of the accounts of no segment, ``came_back`` (in how many of
        five folds each rule was formed again without them).
    """
    labels = cells([rule.mask(cohort.attributes) for rule in found.rules], len(cohort.accounts))
    held_out, counted = found.labels(), grouping.counted
    compared = grouping.clusters > -2
    months, economics = churn_months(cohort, counted), config.economics
    segments = []
    for at, rule in enumerate(found.rules):
        figures = segment_figures(cohort, counted & (held_out == at), months, economics)
        elsewhere = segment_figures(cohort, counted & (held_out != at), months, economics)
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
        )
        segments.append(segment)
    return tuple(segments), {
        "ranking": ranking({s.id: s.figures for s in segments}),
        "elsewhere": segment_figures(cohort, counted & (held_out == -1), months, economics),
        "no_segment": segment_sizes(cohort, labels == -1),
        "came_back": {ids[at]: f"{n} of {FOLDS}" for at, n in enumerate(found.came_back)},
    }
