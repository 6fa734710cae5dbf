"""``icp compare`` on two whole discoveries: nothing where they are one, and the one change that was planted."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest

from icp_ml.conditions import Rule
from icp_ml.release.folder import ATTRIBUTES, SCORED, Release
from pipelines.comparing import compare
from tests.discovered import discover_release
from tests.report.browsing import assert_nobody_is_shut_out, every_screen, needs_axe

pytestmark = pytest.mark.slow
REGION = "DACH"
MONTHS = 5


def leave_early(crm: Path) -> None:
    """Let half of the customers of one region leave after five months; all else stays as it was.

    Were it all of them, the region would be set apart as a leak.
    """
    accounts = pd.read_csv(crm / "accounts.csv", dtype=str)
    contracts = pd.read_csv(crm / "subscriptions.csv", dtype=str)
    odd = accounts["account_id"].str[-1].astype(int) % 2 == 1
    there = contracts["account_id"].isin(accounts.loc[odd & (accounts["region"] == REGION), "account_id"])
    first = ~contracts.sort_values("started_at").duplicated("account_id").reindex(contracts.index)
    ends = pd.to_datetime(contracts["started_at"]) + pd.DateOffset(months=MONTHS)
    contracts.loc[there, "ended_at"] = ends[there].dt.date.astype(str)
    contracts[~there | first].to_csv(crm / "subscriptions.csv", index=False)


@pytest.fixture(scope="module")
def changed(tmp_path_factory) -> Path:
    """A release of the sample in which one thing is otherwise."""
    return discover_release(tmp_path_factory.mktemp("changed"), change=leave_early, identity="2026-06-30-bbbb")


@pytest.fixture
def compared(tmp_path, capsys):
    """Compare two releases as the command does; returns what it says, and the page."""

    def _compared(*releases: Path) -> tuple[dict, str]:
        page = tmp_path / "comparison.html"
        compare([str(release) for release in releases], out=page, track=False, as_json=True)
        return json.loads(capsys.readouterr().out), page.read_text(encoding="utf-8")

    return _compared


def test_a_release_beside_itself_is_the_same(discovered, compared):
    told, page = compared(discovered, discovered)
    (pair,) = told["pairs"]
    assert pair["verdict"]["answer"] == "nothing_changed"
    assert not pair["rules"]
    assert pair["tiers"]["moved"] == 0
    assert "Nothing changed" in page


def test_the_planted_change_is_what_is_named(discovered, changed, compared):
    told, page = compared(discovered, changed)
    (pair,) = told["pairs"]
    here = Release.load(changed)
    frame = here.table(ATTRIBUTES).to_pandas().set_index("account_id")
    region = frame["region"] == REGION
    came = [rule for rule in pair["rules"] if rule["what"] == "came" and rule["kind"] == "exclude"]
    documents = {c["id"]: c for c in here.criteria["criteria"]}
    masks = {r["id"]: Rule.from_jsonlogic(documents[r["id"]]["when"]).mask(frame) for r in came}
    named = [i for i, mask in masks.items() if (mask & region).sum() / (mask | region).sum() >= 0.8]
    assert named, f"the exclusion of {REGION} came: {[r['text'] for r in came]}"
    assert documents[named[0]]["text"] in page
    down = _tiers(changed).eq("red") & ~_tiers(discovered).eq("red")
    assert region[down[down].index].mean() >= 0.8, "who becomes red is whom the change concerns"
    to_red = sum(m["accounts"] for m in pair["tiers"]["matrix"] if m["after"] == "red" != m["before"])
    assert to_red == down.sum()


@pytest.fixture(scope="module")
def page(discovered, changed, tmp_path_factory) -> Path:
    file = tmp_path_factory.mktemp("compared") / "comparison.html"
    compare([str(discovered), str(changed)], out=file, track=False, quiet=True)
    return file


@needs_axe
@every_screen
def test_nobody_is_shut_out_of_the_comparison(browser, page, width, scheme):
    assert_nobody_is_shut_out(browser, page, width, scheme)


def _tiers(release: Path) -> pd.Series:
    scored = Release.load(release).table(SCORED).to_pandas()
    return scored.set_index("account_id")["icp_tier"]
