"""A release read back from its folder, to be told again when its rules have changed."""

from __future__ import annotations

import pandas as pd

from icp_ml.config.loading import load_config
from icp_ml.config.schema import Config
from icp_ml.release.folder import CHECKS, CONFIG, EARLY_LIFE, METRICS, Release, read_json
from icp_ml.release.holdout import held_out
from icp_ml.release.kept_cohort import kept_cohort
from icp_ml.report.metrics import kept_figures
from icp_ml.report.telling import Standing

_FOLLOWS = ("release_id", "as_of", "metrics", "intervals", "series", "counted", "models", "tiers", "target")
"""Of ``metrics.json``, what is counted again; the rest are facts of the run."""


_OF_TIME = ("months", "time", "event")


class _AsWritten(dict[str, str]):
    """An environment in which every name is left as it is written: nothing is connected to."""

    def __contains__(self, name: object) -> bool:
        return True


def standing_of(release: Release) -> Standing:
    """Return what a release holds whatever is decided about its rules.

    Raises
    ------
    DataError
        If a file is missing or unreadable, or an earlier version wrote the release.
    """
    metrics = read_json(release.folder / METRICS)
    early = release.folder / EARLY_LIFE
    return Standing(
        kept=kept_cohort(release),
        config=config_of(release),
        segments=release.segments,
        checks=read_json(release.folder / CHECKS),
        figures=kept_figures(metrics),
        counted=metrics["counted"],
        models=metrics["models"],
        facts={name: told for name, told in metrics.items() if name not in _FOLLOWS},
        predictors={name: model for name, model in release.predictors.items() if name in ("win", "churn")},
        held_out={outcome: _as_judged(outcome, held.frame) for outcome, held in held_out(release).items()},
        places=release.segments_map,
        early=read_json(early) if early.is_file() else None,
    )


def _as_judged(outcome: str, frame: pd.DataFrame) -> pd.DataFrame:
    """Return held-out accounts as the model's report had them: winning knows no time."""
    return frame.drop(columns=["split", *(_OF_TIME if outcome == "win" else ())])


def config_of(release: Release) -> Config:
    """Return the config a release was made with; what came from the environment stays ``${NAME}``."""
    return load_config(release.folder / CONFIG, environ=_AsWritten())
