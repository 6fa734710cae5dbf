"""Accounts on which releases are compared, whichever release or config they came from."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from icp_ml.cohort.cohort import Cohort
from icp_ml.config.schema import Attribute
from icp_ml.release.folder import Release
from icp_ml.release.frames import absent_column


@dataclass(frozen=True)
class Population:
    """A cohort, with the types of its attributes and where it is from.

    Parameters
    ----------
    cohort : Cohort
        One row an account.
    types : mapping of str to Attribute
        What its attributes are.
    source : str
        Where it is from, in words.
    """

    cohort: Cohort
    types: Mapping[str, Attribute]
    source: str

    @property
    def as_of(self) -> dt.date:
        """Last day it covers."""
        return self.cohort.as_of

    @property
    def decided(self) -> np.ndarray:
        """Which accounts were won or lost, shape (n_accounts,), bool."""
        return self.cohort.decided

    def decided_after(self, day: dt.date) -> np.ndarray:
        """Return which accounts were won or lost on a decision after a day, shape (n_accounts,), bool."""
        later = self.cohort.accounts["decided_at"] > pd.Timestamp(day)
        return np.asarray(self.decided & later.to_numpy(dtype=bool))

    def lacking(self, release: Release) -> tuple[str, ...]:
        """Return the attributes that a release's active rules use and these accounts lack, or have in another type."""
        used = dict.fromkeys([*release.rules.attributes, *release.segment_rules.attributes])
        return tuple(name for name in used if not self._holds(release, name))

    def at_decision(self, release: Release) -> pd.DataFrame:
        """Return what was known of each account when it was decided, as a release's rules read it."""
        return self._read(self.cohort.attributes, release)

    def latest(self, release: Release) -> pd.DataFrame:
        """Return what is known of each account now, as a release's rules read it."""
        return self._read(self.cohort.latest, release)

    def _holds(self, release: Release, name: str) -> bool:
        spec = release.attributes.get(name)
        return name in self.types and spec is not None and self.types[name].type == spec.type

    def _read(self, frame: pd.DataFrame, release: Release) -> pd.DataFrame:
        """Return the release's attributes; one that is not there, or of another type, is missing for everybody."""
        columns = {
            name: frame[name] if name in frame and self._holds(release, name) else absent_column(spec.type, frame.index)
            for name, spec in release.attributes.items()
        }
        return pd.DataFrame(columns, index=frame.index)
