"""Which settings of the models a run uses: those that ``icp train`` found, if there are any."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

from icp_ml.errors import DataError
from icp_ml.release.tuned_settings import TunedSettings, read_settings
from pipelines.locations import MODELS

SETTINGS = "settings.json"
NONE = "none"


def settings_file(name: str) -> Path:
    """Return where a company's settings are kept."""
    return MODELS / name / SETTINGS


def find_settings(wanted: str | None, name: str) -> TunedSettings | None:
    """Read the settings a run is to use.

    Parameters
    ----------
    wanted : str or None
        A file, or ``none``; None takes those of the last training where there are any.
    name : str
        Company.

    Returns
    -------
    TunedSettings or None
        None where the built-in settings are used: by wish, or since nothing better was found.

    Raises
    ------
    DataError
        If the file is not there or is not readable as settings.
    """
    if wanted == NONE or (wanted is None and not settings_file(name).exists()):
        return None
    found = read_settings(Path(wanted) if wanted else settings_file(name))
    return found if found.boosters else None


def known_by(found: TunedSettings | None, as_of: dt.date, wanted: str | None) -> tuple[TunedSettings | None, str]:
    """Leave out settings that were found on later data than the run's, and say which are used.

    Parameters
    ----------
    found : TunedSettings or None
        From :func:`find_settings`.
    as_of : date
        Last day of the run's data.
    wanted : str or None
        What was asked for.

    Returns
    -------
    used : TunedSettings or None
    line : str
        One line for people, empty where nothing was found.

    Raises
    ------
    DataError
        If they were asked for by name and were found on later data.
    """
    if found is None:
        return None, ""
    if found.as_of > as_of:
        why = f"{found.path} was found on data up to {found.as_of.isoformat()}, after this run's {as_of.isoformat()}"
        if wanted is not None:
            raise DataError(f"{why}, so it knows what this run must not; give --settings none, or a later as_of")
        return None, f"Models use the built-in settings: {why}"
    outcomes = " and ".join(sorted(found.boosters))
    return found, (
        f"Models use the settings that icp train found for {outcomes} ({found.path}, data up to "
        f"{found.as_of.isoformat()}); --settings none uses the built-in ones"
    )
