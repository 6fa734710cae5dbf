"""Exports in the genuine shape of Salesforce and HubSpot, read by a config of little more than the preset's name."""

from __future__ import annotations

import csv
import datetime as dt
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from icp_ml.cohort.build import build_cohort
from icp_ml.cohort.cohort import Cohort
from icp_ml.config.loading import load_config
from icp_ml.tables.reading import TablesReport, check_tables

FIXTURES = Path(__file__).parents[1] / "fixtures"
SALESFORCE = """
  Industry: {type: category}
  NumberOfEmployees: {type: number, unit: people}
  Tech_Stack__c: {type: tags}
"""
HUBSPOT = """
  Industry: {type: category}
  "Number of Employees": {type: number, unit: people}
  Web Technologies: {type: tags}
"""
# Reports show 15 characters of an id, Data Loader 18; the last three say which of the others are capitals.
MUELLER, GENERIQUE, KESTREL, POLAR, OSTRICH, LYNX, GANNET = (
    "0015g00000AbCdEAAV", "0015g00000abcdeAAA", "0015g00000KeStRAAV", "0015g00000PoLaRAAV", "0015g00000OsTrIAAV",
    "0015g00000LyNxCAAV", "0015g00000zZzZzAAK",
)  # fmt: skip
ACME, BLABAER, CAFE, DELTA, ECHO = (f"91000001{n:02d}" for n in range(1, 6))

Read = tuple[TablesReport, Cohort]


@pytest.fixture
def read(tmp_path: Path) -> Callable[..., Read]:
    """Return a function that reads a folder by a preset as of 2026-06-30; follow-up ends 30 days before, 2026-05-31."""

    def run(folder: Path, preset: str, attributes: str, more: str = "") -> Read:
        path = tmp_path / "icp.yaml"
        text = f'name: acme\npreset: {preset}\nas_of: 2026-06-30\nsource: {{folder: "{folder.as_posix()}"}}\n'
        path.write_text(f"{text}attributes:{attributes}{more}", encoding="utf-8")
        config = load_config(path, environ={})
        report = check_tables(config, tmp_path)
        assert [issue.message for issue in report.stops] == []
        assert report.tables is not None
        return report, build_cohort(report.tables, config)

    return run


def written(stamp: object) -> str:
    """Return a date as text, empty where missing."""
    return "" if str(stamp) == "NaT" else str(stamp)[:10]


def told(cohort: Cohort, account: str) -> tuple[str, str, str, str, str, bool]:
    """Return status, outcome, decision, start, end and churn of one account."""
    row = cohort.accounts.loc[account]
    outcome = row["outcome"] if isinstance(row["outcome"], str) else ""
    dates = (written(row[column]) for column in ("decided_at", "started_at", "ended_at"))
    return (row["status"], outcome, *dates, bool(row["churned"]))  # type: ignore[return-value]  # three dates


def expect_salesforce_truth(cohort: Cohort) -> None:
    """Check every account against what was worked out by hand from the nine deals."""
    # Won 2024-03-15 for 12 months, renewed once; the second renewal is open at the term's end, 2026-03-15.
    assert told(cohort, MUELLER) == ("customer", "won", "2024-01-10", "2024-03-15", "", False)
    assert cohort.accounts.loc[MUELLER, "follow_up_months"] == 24
    # Won 2024-05-02, no term given (12 months), never renewed.
    assert told(cohort, GENERIQUE) == ("customer", "won", "2024-02-20", "2024-05-02", "2025-05-02", True)
    assert cohort.accounts.loc[GENERIQUE, "follow_up_months"] == 12
    assert told(cohort, KESTREL) == ("lost", "lost", "2024-01-15", "", "", False)
    assert told(cohort, POLAR)[:2] == ("refused", "")
    # Its close date, 2026-09-30, is a forecast.
    assert told(cohort, OSTRICH)[:2] == ("open", "")
    # Won 2025-11-20 for 24 months; seats for 6,000 a year added to the first 24,000; still running.
    assert told(cohort, LYNX) == ("customer", "won", "2025-08-04", "2025-11-20", "", False)
    assert cohort.accounts.loc[LYNX, "follow_up_days"] == 192
    assert cohort.accounts.loc[LYNX, ["arr_start", "arr_now"]].tolist() == [24000, 30000]
    assert told(cohort, GANNET)[:2] == ("never worked", "")


def test_a_data_loader_export_of_salesforce_needs_nothing_but_the_preset(read: Callable[..., Read]) -> None:
    _, cohort = read(FIXTURES / "salesforce" / "data_loader", "salesforce", SALESFORCE)
    expect_salesforce_truth(cohort)
    assert cohort.attributes.loc[MUELLER].tolist() == ["Manufacturing", 420, ("sap", "slack", "zendesk")]
    assert cohort.attributes.loc[GANNET, "Tech_Stack__c"] == ()


def test_salesforce_reports_in_latin_1_with_footers_short_ids_and_thousands_read_the_same(
    read: Callable[..., Read],
) -> None:
    dates = '\ntables: {opportunities: {date_format: "%m/%d/%Y"}}\n'
    report, cohort = read(FIXTURES / "salesforce" / "reports", "salesforce", SALESFORCE, dates)
    expect_salesforce_truth(cohort)
    assert report.counts["opportunities"] == {"rows": 9, "footer": 3, "kept": 9}
    assert cohort.accounts.loc[GENERIQUE, "name"] == "Société Générique"


def test_ids_that_differ_only_in_capitals_are_two_accounts(read: Callable[..., Read]) -> None:
    dates = '\ntables: {opportunities: {date_format: "%m/%d/%Y"}}\n'
    report, _ = read(FIXTURES / "salesforce" / "reports", "salesforce", SALESFORCE, dates)
    assert report.tables is not None
    assert report.tables.opportunities is not None
    owners = report.tables.opportunities.set_index("opportunity_id")["account_id"]
    assert owners["0065g0000000001"] == MUELLER
    assert owners["0065g0000000004"] == GENERIQUE


def test_a_salesforce_report_saved_as_a_workbook_reads_the_same(tmp_path: Path, read: Callable[..., Read]) -> None:
    reports = FIXTURES / "salesforce" / "reports"
    folder = tmp_path / "workbooks"
    folder.mkdir()
    shutil.copy(reports / "Account.csv", folder)
    book = pytest.importorskip("openpyxl", reason="needs the extra 'excel'").Workbook()
    for cells in csv.reader((reports / "Opportunities.csv").read_text("latin-1").splitlines()):
        book.active.append([as_cell(cell) for cell in cells])
    book.save(folder / "Opportunities.xlsx")
    report, cohort = read(folder, "salesforce", SALESFORCE)
    expect_salesforce_truth(cohort)
    assert report.counts["opportunities"]["rows"] == 9


def as_cell(text: str) -> object:
    """Return a cell as Excel holds it: dates and amounts as such."""
    if text.count("/") == 2:
        return dt.datetime.strptime(text, "%m/%d/%Y")
    return float(text.replace(",", "")) if text.endswith(".00") else text or None


def test_a_hubspot_export_needs_nothing_but_the_preset(read: Callable[..., Read]) -> None:
    report, cohort = read(FIXTURES / "hubspot", "hubspot", HUBSPOT)
    # Won 2024-03-15, renewed to 2026-03-15, then nothing.
    assert told(cohort, ACME) == ("customer", "won", "2024-01-08", "2024-03-15", "2026-03-15", True)
    assert cohort.accounts.loc[ACME, "follow_up_months"] == 24
    # Won 2025-02-10; the renewal is still with the customer ("Contract sent") when the 12 months end.
    assert told(cohort, BLABAER) == ("customer", "won", "2024-11-20", "2025-02-10", "", False)
    assert cohort.accounts.loc[BLABAER, "follow_up_months"] == 12
    assert told(cohort, CAFE) == ("lost", "lost", "2024-05-01", "", "", False)
    # An open deal without any close date.
    assert told(cohort, DELTA)[:2] == ("open", "")
    # Associated with two companies: the first counts. Running since 2026-01-20.
    assert told(cohort, ECHO) == ("customer", "won", "2025-10-01", "2026-01-20", "", False)
    assert cohort.accounts.loc[ECHO, "follow_up_days"] == 131
    assert cohort.accounts.loc[ACME, "name"] == "Acme Robotics"
    assert cohort.attributes.loc[BLABAER].tolist() == ["Computer Software", 45, ("hubspot", "slack")]
    assert [issue.code for issue in report.issues if issue.level == "handled"] == []


def test_hubspot_deals_that_name_their_company_only_find_it_by_name(tmp_path: Path, read: Callable[..., Read]) -> None:
    folder = tmp_path / "by_name"
    folder.mkdir()
    for path in (FIXTURES / "hubspot").iterdir():
        shutil.copy(path, folder)
    deals = next(folder.glob("*deals*"))
    rows = list(csv.reader(deals.read_text("utf-8-sig").splitlines()))
    at = rows[0].index("Associated Company IDs")
    with deals.open("w", encoding="utf-8-sig", newline="") as file:
        csv.writer(file).writerows([cell for position, cell in enumerate(row) if position != at] for row in rows)
    _, cohort = read(folder, "hubspot", HUBSPOT)
    assert told(cohort, ACME) == ("customer", "won", "2024-01-08", "2024-03-15", "2026-03-15", True)
    assert told(cohort, CAFE)[0] == "lost"
    assert told(cohort, ECHO)[0] == "customer"


def test_the_config_s_own_columns_and_values_win_over_the_preset(read: Callable[..., Read]) -> None:
    own = "\ntables: {opportunities: {values: {outcome: {lost: [Closed Lost, Disqualified]}}}}\n"
    _, cohort = read(FIXTURES / "salesforce" / "data_loader", "salesforce", SALESFORCE, own)
    assert told(cohort, POLAR)[:3] == ("lost", "lost", "2024-05-28")
    assert told(cohort, KESTREL)[0] == "lost"
    assert told(cohort, LYNX)[0] == "customer"
