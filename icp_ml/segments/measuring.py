"""Frozen rules become segments: every figure from the half that did not form them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from icp_ml.cohort.cohort import Cohort
from icp_ml.conditions import Rule
from icp_ml.config.schema import Config
from icp_ml.segments.describing import fidelity
from icp_ml.segments.figures import churn_months, segment_figures, segment_sizes
from icp_ml.segments.partition import cells
from icp_ml.segments.types import Segment
from icp_ml.segments.verdicts import ranking, verdict


def measured(
    cohort: Cohort,
    config: Config,
    rules: Sequence[tuple[Rule, float]],
    ids: Sequence[str],
    measures: np.ndarray,
    clusters: np.ndarray,
) -> tuple[tuple[Segment, ...], dict[str, Any]]:
    """Return the segments, and what there is to say of them all.

    Parameters
    ----------
    cohort : Cohort
        One row an account.
    config : Config
        Attributes and economics.
    rules : sequence of (Rule, float)
        Frozen rules in order, each with its stability.
    ids : sequence of str
        Their ids.
    measures : ndarray of bool, shape (n_accounts,)
        Accounts with an outcome that formed nothing.
    clusters : ndarray of int, shape (measures.sum(),)
        Density cluster of each of those, -1 noise.

    Returns
    -------
    tuple
        Segments in order, and ``ranking`` (ids by expected value of an opportunity and by win rate alone),
        ``elsewhere`` (figures) and ``no_segment`` (sizes) of the accounts of no segment.
    """
    labels = cells([rule.mask(cohort.attributes) for rule, _ in rules], len(cohort.accounts))
    months, economics = churn_months(cohort, measures), config.economics
    segments = []
    for at, (rule, stability) in enumerate(rules):
        figures = segment_figures(cohort, measures & (labels == at), months, economics)
        elsewhere = segment_figures(cohort, measures & (labels != at), months, economics)
        segment = Segment(
            id=ids[at],
            name=rule.text(config.attributes),
            rule=rule,
            sizes=segment_sizes(cohort, labels == at),
            figures=figures,
            fidelity=fidelity(labels[measures] == at, clusters),
            stability=stability,
            verdict=verdict(figures, elsewhere),
            members_key=rule.key(),
        )
        segments.append(segment)
    return tuple(segments), {
        "ranking": ranking({s.id: s.figures for s in segments}),
        "elsewhere": segment_figures(cohort, measures & (labels == -1), months, economics),
        "no_segment": segment_sizes(cohort, labels == -1),
    }
