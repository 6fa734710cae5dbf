"""The text of an MLflow run that a GTM lead can read."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from icp_ml.report.rendering import render_markdown


def run_tags(summary: Mapping[str, Any]) -> dict[str, str]:
    """Return what the list of runs shows of a release, beside its figures."""
    return {"verdict": str(summary["verdict"]["headline"])}


def run_description(summary: Mapping[str, Any]) -> str:
    """Return the summary as short Markdown; names from the data are escaped."""
    return render_markdown("description.md.j2", s=summary)
