"""``settings.json``: the models' settings that ``icp train`` found, an input of ``icp discover``."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

from icp_ml.errors import DataError
from icp_ml.models.settings import BoosterSettings, ModelSettings
from icp_ml.release.files import written_aside
from icp_ml.release.folder import read_json
from icp_ml.release.json_text import json_ready, to_json_bytes

VERSION = "1.0"
TUNED, BUILT_IN = "tuned", "built in"
_WHOLE = ("max_depth",)
_SHARES = ("subsample", "colsample_bynode")
_PENALTIES = ("reg_lambda", "reg_alpha", "gamma", "min_child_weight")
_MEND = "write it again with 'icp train', or give --settings none"


@dataclass(frozen=True)
class TunedSettings:
    """Settings as read from a file.

    Parameters
    ----------
    path : Path
        The file.
    as_of : date
        Last day of the data they were found on; a run on data of before must not use them.
    run_id : str
        MLflow run in which they were found.
    boosters : mapping of str to BoosterSettings
        By outcome, those that were found; for the others the file says that the built-in ones stay.
    """

    path: Path
    as_of: dt.date
    run_id: str
    boosters: Mapping[str, BoosterSettings]

    @property
    def fingerprint(self) -> str:
        """SHA-256 of the settings themselves: two trainings that find the same are the same input."""
        states = {outcome: settings.state() for outcome, settings in sorted(self.boosters.items())}
        return hashlib.sha256(to_json_bytes(states)).hexdigest()

    def settings(self) -> ModelSettings:
        """Return them for :func:`icp_ml.models.fit_models`."""
        return ModelSettings(dict(self.boosters), f"icp train, data up to {self.as_of.isoformat()}")


def write_settings(path: Path, facts: Mapping[str, Any], outcomes: Mapping[str, Mapping[str, Any]]) -> None:
    """Write the file, whole or not at all.

    Parameters
    ----------
    path : Path
        ``models/<name>/settings.json``.
    facts : mapping
        ``name``, ``as_of``, ``run_id``, ``seed``, ``trials`` and ``inputs`` (fingerprints) of the training.
    outcomes : mapping
        Outcome to ``settings`` (:class:`~icp_ml.models.settings.BoosterSettings`, or None where the built-in ones
        stay), ``verdict`` and ``figures``.
    """
    entries = {
        outcome: {
            "origin": BUILT_IN if entry["settings"] is None else TUNED,
            "verdict": entry["verdict"],
            **({} if entry["settings"] is None else {"settings": entry["settings"].state()}),
            **({"figures": json_ready(entry["figures"])} if entry["figures"] else {}),
        }
        for outcome, entry in outcomes.items()
    }
    document = {"schema_version": VERSION, **json_ready(facts), "outcomes": entries}
    with written_aside(path) as aside:
        aside.write_bytes(to_json_bytes(document))


def read_settings(path: Path) -> TunedSettings:
    """Read the file.

    Raises
    ------
    DataError
        If it is not one that :func:`write_settings` wrote.
    """
    if not path.is_file():
        raise DataError(f"{path}: there are no settings; 'icp train CONFIG' writes some where it finds better ones")
    document = read_json(path)
    if not isinstance(document, Mapping) or document.get("schema_version") != VERSION:
        found = document.get("schema_version") if isinstance(document, Mapping) else type(document).__name__
        raise DataError(f"{path} must be settings of schema_version {VERSION!r}; found {found!r}; {_MEND}")
    try:
        tuned = {o: e["settings"] for o, e in document["outcomes"].items() if e["origin"] == TUNED}
        as_of = dt.date.fromisoformat(document["as_of"])
        boosters = {outcome: _booster(state, f"{path}: {outcome}") for outcome, state in tuned.items()}
    except (KeyError, TypeError, AttributeError, ValueError) as err:
        raise DataError(f"{path} must be settings as 'icp train' writes them; {err!r}; {_MEND}") from err
    return TunedSettings(path, as_of, str(document.get("run_id", "")), boosters)


def flat_settings(found: TunedSettings | None) -> dict[str, Any]:
    """Return what was found by flat name, for a run's parameters; empty where nothing was.

    >>> flat_settings(None)
    {}
    """
    if found is None:
        return {}
    return {
        f"boosters.{outcome}.{name}": value
        for outcome, settings in sorted(found.boosters.items())
        for name, value in settings.state().items()
    }


def _booster(state: Mapping[str, Any], where: str) -> BoosterSettings:
    """Read one outcome's settings; what a person changed by hand may be wrong."""
    settings = BoosterSettings.from_state(state)
    for name, value in settings.parameters().items():
        if not _possible(name, value):
            raise DataError(f"{where}: {name} must be a number in its range; found {value!r}; {_MEND}")
    rounds = settings.rounds
    if not rounds or rounds[0] < 1 or any(a >= b for a, b in pairwise(rounds)):
        raise DataError(f"{where}: rounds must be whole numbers that increase; found {list(rounds)}; {_MEND}")
    if settings.tuned_until is None or not _is_day(settings.tuned_until):
        raise DataError(f"{where}: tuned_until must be a day; found {settings.tuned_until!r}; {_MEND}")
    return settings


def _possible(name: str, value: Any) -> bool:
    """Whether a value can be used: penalties may be 0, shares are at most 1."""
    if isinstance(value, bool) or not isinstance(value, int if name in _WHOLE else (int, float)):
        return False
    largest = 1.0 if name in _SHARES else 1e6
    return 0 <= value <= largest and (value > 0 or name in _PENALTIES)


def _is_day(text: str) -> bool:
    try:
        return dt.date.fromisoformat(text).isoformat() == text
    except (TypeError, ValueError):
        return False
