"""Models on disk, as data: JSON, and UBJSON for trees. Loading runs no code."""

from __future__ import annotations

import json
from pathlib import Path

from icp_ml.errors import DataError
from icp_ml.models.predictors import FittedPredictor, predictor_from_state
from icp_ml.models.types import Models, Predictor

OUTCOMES = ("churn", "win", "early_churn")


def save_models(models: Models, folder: Path) -> None:
    """Write ``<outcome>.json`` and, for boosted models, ``<outcome>.ubj`` into ``folder``, which is made.

    Parameters
    ----------
    models : Models
        An outcome without a model writes nothing.
    folder : Path
        For instance a release's ``boosters/``.

    Raises
    ------
    TypeError
        If a predictor is none of :func:`icp_ml.models.fit_models`.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for outcome in OUTCOMES:
        report = getattr(models, outcome)
        if report is None:
            continue
        if not isinstance(report.predictor, FittedPredictor):
            raise TypeError(f"the {outcome} predictor must be fitted here; found a {type(report.predictor).__name__}")
        state = json.dumps(report.predictor.state(), ensure_ascii=False, sort_keys=True, indent=1, allow_nan=False)
        (folder / f"{outcome}.json").write_text(state + "\n", encoding="utf-8")
        if trees := report.predictor.trees():
            (folder / f"{outcome}.ubj").write_bytes(trees)


def load_predictors(folder: Path) -> dict[str, Predictor]:
    """Read the predictors that are in ``folder``, by outcome.

    Raises
    ------
    DataError
        If a file is not one :func:`save_models` wrote.
    """
    found: dict[str, Predictor] = {}
    for outcome in OUTCOMES:
        path = folder / f"{outcome}.json"
        if path.is_file():
            found[outcome] = _load(path)
    return found


def _load(path: Path) -> FittedPredictor:
    """Read one predictor."""
    trees = path.with_suffix(".ubj")
    try:
        state = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as err:
        raise DataError(f"{path} must be JSON; {err}; write the release again") from err
    if not isinstance(state, dict):
        raise DataError(f"{path} must hold one JSON object; found {type(state).__name__}; write the release again")
    if state.get("kind") == "boosted" and not trees.is_file():
        raise DataError(f"{path.name} needs its trees in {trees}, which is missing; write the release again")
    return predictor_from_state(state, trees.read_bytes() if trees.is_file() else None, str(path))
