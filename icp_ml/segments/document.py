"""``segments.json``, and which segment an account belongs to."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from icp_ml.cohort.cohort import Cohort
from icp_ml.config.schema import Config
from icp_ml.segments.open_pipeline import pipeline_by_segment
from icp_ml.segments.partition import cells
from icp_ml.segments.ranked import Others, ranked_segments
from icp_ml.segments.types import Segment, SegmentsResult

SCHEMA_VERSION = "1.0"


def assign_segments(segments: Sequence[Segment], frame: pd.DataFrame) -> np.ndarray:
    """Return each account's segment, the first whose rule holds, ``""`` where none does.

    Parameters
    ----------
    segments : sequence of Segment
        In the order their rules are tried.
    frame : DataFrame, n rows
        Typed attributes.

    Returns
    -------
    ndarray of str, shape (n,)
    """
    ids = np.array(["", *(segment.id for segment in segments)], dtype=object)
    return ids[cells([segment.rule.mask(frame) for segment in segments], len(frame)) + 1]


def segments_document(result: SegmentsResult, cohort: Cohort, config: Config) -> dict[str, Any]:
    """Return the content of ``segments.json``, JSON-ready: the segments in the order their rules are tried."""
    ids = [segment.id for segment in result.segments]
    pipeline = pipeline_by_segment(cohort, assign_segments(result.segments, cohort.latest), ids)
    return {
        "schema_version": SCHEMA_VERSION,
        "name": config.name,
        "as_of": cohort.as_of.isoformat(),
        "churn_horizon_months": cohort.horizon,
        "currency": cohort.currency,
        "segments": [_entry(segment, config) | {"pipeline": pipeline[segment.id]} for segment in result.segments],
        "none_because": result.none_because,
        "ranking": _ranking(result, cohort, pipeline),
        "changes": result.changes,
        "curves": result.curves,
        "looked_at": result.looked_at,
    }


def _ranking(result: SegmentsResult, cohort: Cohort, pipeline: dict[str, dict[str, Any]]) -> dict[str, Any]:
    """Return the ranking, or why there is nothing to rank."""
    if not result.segments:
        return {"absent": result.none_because}
    looked_at, others = result.looked_at, None
    if "elsewhere" in looked_at and "no_segment" in looked_at:
        others = Others(looked_at["elsewhere"], looked_at["no_segment"]["all"], len(cohort.accounts), pipeline[""])
    return ranked_segments(result.segments, others)


def _entry(segment: Segment, config: Config) -> dict[str, Any]:
    rule = segment.rule
    return {
        "id": segment.id,
        "key": segment.members_key,
        "name": segment.name,
        "rule": {
            "conditions": [condition.to_config() for condition in rule.conditions],
            "when": rule.jsonlogic(),
            "text": rule.text(config.attributes),
        },
        "sizes": segment.sizes,
        "figures": segment.figures,
        "elsewhere": segment.elsewhere,
        "curve": segment.curve,
        "fidelity": segment.fidelity,
        "stability": segment.stability,
        "verdict": segment.verdict,
        "quality": list(segment.quality),
        "questions": list(segment.questions),
    }
