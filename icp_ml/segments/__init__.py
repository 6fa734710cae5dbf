"""Segments that differ in what happens, as ordered rules."""

from __future__ import annotations

from icp_ml.segments.discovery import discover_segments
from icp_ml.segments.document import assign_segments, segments_document
from icp_ml.segments.types import Segment, SegmentsResult

__all__ = ["Segment", "SegmentsResult", "assign_segments", "discover_segments", "segments_document"]
