"""A folder of small files, its config, and what reading it finds."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from icp_ml.config.loading import load_config
from icp_ml.tables.reading import TablesReport, check_tables, read_tables
from icp_ml.tables.tables import Issue, Tables

ACCOUNTS = "account_id,industry\nA1,retail\nA2,media\nA3,retail\nA4,media\nA5,media\nA6,retail\n"
DEALS = "opportunity_id,account_id,created_at,closed_at,outcome\n"
PERIODS = "account_id,started_at,ended_at,arr\nA1,2024-01-01,,1200\n"


@dataclass(frozen=True)
class Company:
    """One folder with files and a config."""

    folder: Path

    def write(self, **files: str | bytes) -> None:
        """Write files, named by keyword, an underscore before the ending: ``accounts_csv``."""
        for name, content in files.items():
            stem, _, suffix = name.rpartition("_")
            raw = content if isinstance(content, bytes) else content.encode()
            (self.folder / f"{stem}.{suffix}").write_bytes(raw)

    def check(self, config: str = "", attributes: str = "{industry: {type: category}}") -> TablesReport:
        """Read and check the folder."""
        path = self._config(config, attributes)
        return check_tables(load_config(path, environ={}), self.folder)

    def read(self, config: str = "", attributes: str = "{industry: {type: category}}") -> Tables:
        """Read the folder, which must be sound."""
        path = self._config(config, attributes)
        return read_tables(load_config(path, environ={}), self.folder)

    def issue(self, code: str, config: str = "", attributes: str = "{industry: {type: category}}") -> Issue:
        """Return the one issue with a code."""
        (found,) = [issue for issue in self.check(config, attributes).issues if issue.code == code]
        return found

    def _config(self, config: str, attributes: str) -> Path:
        path = self.folder / "icp.yaml"
        source = "" if "source:" in config else "source: {folder: .}\n"
        path.write_text(f"name: acme\n{source}attributes: {attributes}\n{config}", encoding="utf-8")
        return path


@pytest.fixture
def company(tmp_path: Path) -> Company:
    """Return a company with six accounts and one contract period."""
    made = Company(tmp_path)
    made.write(accounts_csv=ACCOUNTS, subscriptions_csv=PERIODS)
    return made


@pytest.fixture
def deals(company: Company) -> Callable[..., Company]:
    """Return a function that gives the company deals instead of periods."""

    def write(*rows: str, header: str = DEALS) -> Company:
        (company.folder / "subscriptions.csv").unlink(missing_ok=True)
        company.write(opportunities_csv=header + "".join(row + "\n" for row in rows))
        return company

    return write
