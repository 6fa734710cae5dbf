"""A folder of small files, the config drafted from it, and what that config then reads."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest

from icp_ml.cohort.build import build_cohort
from icp_ml.cohort.cohort import Cohort
from icp_ml.config.loading import load_config
from icp_ml.config.schema import Config
from icp_ml.drafting.draft import draft_config
from icp_ml.drafting.profiles import Column, profile_folder
from icp_ml.tables.reading import read_tables


@dataclass(frozen=True)
class Crm:
    """One folder of files beside the folder its config goes to."""

    folder: Path

    @property
    def out(self) -> Path:
        """Where the config goes; its folder is not there yet."""
        return self.folder.parent / "configs" / "acme.yaml"

    def write(self, name: str, *rows: str, encoding: str = "utf-8") -> None:
        """Write a file, one text a row."""
        (self.folder / name).write_bytes(("\n".join(rows) + "\n").encode(encoding))

    def draft(self, preset: str | None = None) -> str:
        """Return the drafted text."""
        return draft_config(self.folder, out=self.out, preset=preset)

    def config(self, preset: str | None = None) -> Config:
        """Return the drafted config, written and loaded as a user would."""
        self.out.parent.mkdir(exist_ok=True)
        self.out.write_text(self.draft(preset), encoding="utf-8")
        return load_config(self.out, environ={})

    def cohort(self, preset: str | None = None) -> Cohort:
        """Return the cohort that the drafted config gives, unedited."""
        config = self.config(preset)
        return build_cohort(read_tables(config, self.out.parent), config)

    def column(self, *cells: str, name: str = "x") -> Column:
        """Return the profile of one column of cells."""
        self.write("one.tsv", f"row\t{name}", *(f"{i}\t{cell}" for i, cell in enumerate(cells)))
        (file,), _ = profile_folder(self.folder)
        return file.columns[1]


@pytest.fixture
def crm(tmp_path: Path) -> Crm:
    """Return an empty folder."""
    (tmp_path / "crm").mkdir()
    return Crm(tmp_path / "crm")


@pytest.fixture
def small(crm: Crm) -> Crm:
    """Return a folder with six accounts and a contract period each of two."""
    crm.write("accounts.csv", "account_id,industry", "A1,retail", "A2,media", "A3,retail", "A4,media", "A5,media")
    crm.write("subscriptions.csv", "account_id,started_at,ended_at,arr", "A1,2024-01-01,,1200", "A2,2024-05-01,,900")
    return crm
