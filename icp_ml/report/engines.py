"""How trees grown in Spark compare with trees grown in memory, as figures and in words."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from icp_ml.models.engines import LEVEL, EngineFigure
from icp_ml.release.json_text import json_ready


def engine_document(figures: Sequence[EngineFigure]) -> list[dict[str, Any]]:
    """Return the figures as JSON-ready values: of Spark, of memory, and the noise of a training in memory."""
    return [
        json_ready(
            {
                "name": f.name,
                "spark": f.there,
                "in_memory": f.here,
                "noise": {"low": f.low, "high": f.high, "level": LEVEL},
                "within_noise": f.within_noise,
                "n": f.n,
            }
        )
        for f in figures
    ]


def engine_words(figure: EngineFigure) -> str:
    """Return one figure in words.

    >>> engine_words(EngineFigure("auc", 0.7412, 0.7431, 0.7308, 0.7561, 403))
    '0.741, in memory 0.743; within noise (with other seeds 0.731 to 0.756; 403 accounts)'
    """
    verdict = "within noise" if figure.within_noise else "beyond noise"
    return (
        f"{figure.there:.3f}, in memory {figure.here:.3f}; {verdict} "
        f"(with other seeds {figure.low:.3f} to {figure.high:.3f}; {figure.n:,} accounts)"
    )


def engine_metrics(outcome: str, figures: Sequence[EngineFigure]) -> dict[str, float]:
    """Return the figures by flat name, for MLflow."""
    found: dict[str, float] = {}
    for figure in figures:
        name = f"{outcome}_{figure.name}_boosted"
        found |= {f"{name}_in_memory": figure.here, f"{name}_spark_less_memory": figure.there - figure.here}
    return found
