"""A comparison as one HTML file: no network, no script, light or dark as the reader's system is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from icp_ml.report.rendering import render_html


def html_comparison(told: Mapping[str, Any]) -> str:
    """Return the page.

    Parameters
    ----------
    told : mapping
        From :func:`icp_ml.report.comparison.told_comparison`. Everything in it is escaped.
    """
    return render_html("comparison.html.j2", {"c": told}, {})
