from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from pandas.testing import assert_frame_equal

from icp_ml.cohort.build import build_cohort
from icp_ml.config.loading import load_config
from icp_ml.config.schema import Config
from icp_ml.tables import database_source
from icp_ml.tables.reading import TablesReport, check_tables
from icp_ml.tables.tables import Tables
from tests.tables import databases

SAMPLE = Path(__file__).parents[2] / "configs" / "sample.yaml"
KINDS = ("sqlite typed", "sqlite text", "postgres typed", "postgres text", "postgres dated", "postgres stamped")


@pytest.fixture(scope="module")
def crm(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("crm")
    databases.write_crm(folder)
    return folder


@pytest.fixture(scope="module", params=KINDS)
def source(request: pytest.FixtureRequest, crm: Path) -> Iterator[dict[str, str]]:
    """Give the config's source for each kind of database, filled with the same CRM."""
    engine, kind = request.param.split()
    if engine == "sqlite":
        yield {"url": databases.fill_sqlite(crm, kind)}
        return
    url = request.getfixturevalue("postgres_url")
    with databases.filled_postgres(url, crm, kind) as schema:
        yield {"url": url, "schema": schema}


def config_of(source: dict[str, str], **changed: Any) -> Config:
    config = load_config(SAMPLE, environ={})
    return Config.model_validate({**config.model_dump(by_alias=True), "source": source, **changed})


def check(crm: Path, source: dict[str, str], **changed: Any) -> TablesReport:
    return check_tables(config_of(source, **changed), crm)


def everything(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database_source, "set_aside", lambda *given: None)


def found(report: TablesReport) -> list[tuple[object, ...]]:
    return [
        (i.code, i.level, i.table, i.column, i.rows, i.of, [e.get("value") for e in i.examples]) for i in report.issues
    ]


def frames(tables: Tables | None) -> dict[str, pd.DataFrame]:
    assert tables is not None
    named = ("accounts", "opportunities", "subscriptions", "signals", "extra")
    return {name: getattr(tables, name) for name in named}


def same(ours: dict[str, pd.DataFrame], theirs: dict[str, pd.DataFrame]) -> None:
    for name, frame in ours.items():
        assert_frame_equal(frame, theirs[name], obj=name)


def with_periods(tables: dict[str, pd.DataFrame]) -> pd.DataFrame:
    """Signals as they would be if only those of accounts with a contract period had been fetched, row by row."""
    bought = set(tables["subscriptions"]["account_id"])
    signals = tables["signals"]
    return signals[[account in bought for account in signals["account_id"]]].reset_index(drop=True)


def test_every_database_gives_the_tables_that_the_files_give(
    crm: Path, source: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    files = check(crm, {"folder": str(crm)})
    everything(monkeypatch)
    database = check(crm, source)
    assert database.counts == files.counts
    assert found(database) == found(files)
    same(frames(database.tables), frames(files.tables))


@pytest.mark.parametrize("as_of", [dt.date(2026, 6, 30), dt.date(2025, 3, 31), None])
def test_counting_in_the_database_changes_nothing_but_signals_nobody_asks_about(
    crm: Path, source: dict[str, str], as_of: dt.date | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    less = check(crm, source, as_of=as_of)
    everything(monkeypatch)
    whole = check(crm, source, as_of=as_of)
    assert less.counts == whole.counts
    assert less.as_of == whole.as_of
    assert less.issues == whole.issues
    ours, theirs = frames(less.tables), frames(whole.tables)
    pushed = len(ours["signals"]) < len(theirs["signals"])
    assert pushed != ("text" in source.get("schema", source["url"][-7:]))
    kept = ours.pop("signals")
    same(ours, theirs)
    bought = set(theirs["subscriptions"]["account_id"])
    assert_frame_equal(kept[kept["account_id"].isin(bought)].reset_index(drop=True), with_periods(theirs))


def test_the_cohort_is_the_same(crm: Path, source: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    config = config_of(source)
    less = check_tables(config, crm).tables
    everything(monkeypatch)
    whole = check_tables(config, crm).tables
    assert less is not None
    assert whole is not None
    ours, theirs = build_cohort(less, config), build_cohort(whole, config)
    assert_frame_equal(ours.accounts, theirs.accounts)
    assert_frame_equal(ours.attributes, theirs.attributes)
    assert ours.signals is not None
    assert_frame_equal(ours.signals, theirs.signals)
    assert (ours.counts, ours.notes) == (theirs.counts, theirs.notes)


def test_cells_that_cannot_be_read_are_found_whoever_they_belong_to(
    crm: Path, source: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    never, lite = databases.never_bought(crm)[0], source["url"].startswith("sqlite")
    odd = [
        (None, "2025-01-01", "x", 1),
        (never, "2025-02-31" if lite else None, "x", 1),
        (never, "2025-01-01", "", 1),
        (never, "2025-01-01", "x", "abc" if lite else "Infinity"),
        *([] if "stamped" in f"{source}" else [(never, "2025-01-01", "x", value) for value in (1e-300, 1e250)]),
        (never, "2025-01-01", "x", 0),
    ]
    with databases.with_signals(source, odd):
        less = check(crm, source)
        everything(monkeypatch)
        whole = check(crm, source)
    assert less.issues == whole.issues
    day = "unparsable_date" if lite else "missing_value"
    expected = {(day, "occurred_at"), ("missing_value", "signal"), ("unparsable_number", "value")}
    assert {(i.code, i.column) for i in less.stops} == expected


def test_of_accounts_known_by_number_each_row_is_told_by_its_number(
    postgres_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    day = "date '2024-03-01'"
    accounts = "SELECT * FROM (VALUES (1, 10), (2, 20), (3, 30)) AS t (account_id, size)"
    periods = f"SELECT CAST(2 AS bigint) AS account_id, {day} AS started_at, CAST(NULL AS date) AS ended_at, 100 AS arr"
    rows = ", ".join(f"({account}, 's', {account})" for account in [1] * 8 + [2] * 3 + [3] * 9 + [4])
    signals = f"SELECT t.*, {day} AS occurred_at FROM (VALUES {rows}) AS t (account_id, signal, value)"
    config = Config.model_validate(
        {
            "name": "numbered",
            "source": {"url": postgres_url},
            "tables": {
                name: {"query": query}
                for name, query in (("accounts", accounts), ("subscriptions", periods), ("signals", signals))
            },
            "attributes": {"size": {"type": "number"}},
        }
    )
    less = check_tables(config, tmp_path)
    assert less.counts["signals"] == {"rows": 21, "kept": 20}
    assert [(issue.code, issue.rows, issue.of) for issue in less.issues if issue.level == "handled"] == [
        ("orphan_account", 1, 21)
    ]
    assert frames(less.tables)["signals"]["account_id"].tolist() == ["2"] * 3
    everything(monkeypatch)
    assert check_tables(config, tmp_path).issues == less.issues
