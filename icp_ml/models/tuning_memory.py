"""What a search for settings has computed, kept in files: a search that was stopped goes on where it was."""

from __future__ import annotations

import hashlib
import json
import shutil
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from icp_ml.models.settings import BoosterSettings

_SUFFIX = ".npy"


@dataclass(frozen=True)
class TrialMemory:
    """Losses of settings at a cut-off, a file each.

    A search is deterministic, so one that is run again asks the same questions in the same order; those answered before
    are read here. Nothing in the files depends on how far the search had come.

    Parameters
    ----------
    folder : Path
        Where they are kept.
    told : str
        All that the losses depend on beside settings and cut-off: data, attributes, seed, versions. Losses of a search
        that was told something else are never read.
    """

    folder: Path
    told: str

    def recall(self, outcome: str, settings: BoosterSettings, cutoff: str) -> np.ndarray | None:
        """Return the losses by account, None where they were not kept or cannot be read."""
        try:
            return np.asarray(np.load(self._path(outcome, settings, cutoff), allow_pickle=False))
        except (OSError, ValueError, EOFError):
            return None

    def keep(self, outcome: str, settings: BoosterSettings, cutoff: str, losses: np.ndarray) -> None:
        """Keep losses: whole or not at all."""
        path = self._path(outcome, settings, cutoff)
        path.parent.mkdir(parents=True, exist_ok=True)
        part = path.with_name(f".{path.name}.part")
        with part.open("wb") as file:
            np.save(file, losses, allow_pickle=False)
        part.replace(path)

    @property
    def kept(self) -> int:
        """How many losses of this search there are."""
        return len(list(self.folder.glob(f"{self._search}/*{_SUFFIX}")))

    def forget(self) -> None:
        """Remove everything, that of other searches too: the search is over, or its data have changed."""
        shutil.rmtree(self.folder, ignore_errors=True)

    @property
    def _search(self) -> str:
        return hashlib.sha256(self.told.encode()).hexdigest()[:16]

    def _path(self, outcome: str, settings: BoosterSettings, cutoff: str) -> Path:
        told = json.dumps([outcome, settings.state(), cutoff], sort_keys=True)
        return self.folder / self._search / f"{hashlib.sha256(told.encode()).hexdigest()[:24]}{_SUFFIX}"
