"""``icp compare`` as it is typed."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner

from icp_ml.conditions import Condition, Rule
from icp_ml.config.schema import Attribute
from icp_ml.release.kept_cohort import KeptCohort, cohort_arrow
from icp_ml.release.parts import attributes_arrow
from icp_ml.tracking.discoveries import Discovery, track_discovery
from pipelines import cli
from tests.comparison.worlds import cohort, settled
from tests.conftest import CRITERIA, write_small_release

RUNNER = CliRunner()
TYPES = {
    "employee_count": Attribute(type="number", unit="people"),
    "industry": Attribute(type="category"),
    "has_revops": Attribute(type="boolean"),
    "tech_stack": Attribute(type="tags", separator="|"),
}


def icp(*arguments: Any) -> Any:
    return RUNNER.invoke(cli.app, ["compare", *map(str, arguments)])


def written(folder: Path, identity: str, below: float = 40.0, **changes: Any) -> Path:
    """Write a release with 200 accounts, whose X1 refuses fewer than so many people."""
    write_small_release(folder)
    rule = Rule((Condition("employee_count", "below", below),))
    told = {"key": rule.key(), "when": rule.jsonlogic(), "text": rule.text()}
    listed = [{**c, **told} if c["id"] == "X1" else c for c in CRITERIA["criteria"]]
    items = [{**i, "when": rule.jsonlogic()} if i["criterion"] == "X1" else i for i in CRITERIA["scorecard"]["items"]]
    card = {**CRITERIA["scorecard"], "items": items}
    document = {**CRITERIA, "release_id": identity, "criteria": listed, "scorecard": card, **changes}
    (folder / "criteria.json").write_text(json.dumps(document), encoding="utf-8")
    (folder / "config.yaml").write_text("economics: {gross_margin: 0.5, acquisition_cost: 10}\n", encoding="utf-8")
    held = cohort(settled(200, 3), "2026-06-30")
    known = pd.DataFrame(
        {
            "employee_count": [float(i) for i in range(200)],
            "industry": pd.Series(["saas"] * 200, dtype="str"),
            "has_revops": pd.Series([False] * 200, dtype="boolean"),
            "tech_stack": pd.Series([()] * 200, dtype=object),
        }
    ).set_axis(held.accounts.index)
    held = replace(held, attributes=known, latest=known)
    pq.write_table(cohort_arrow(KeptCohort(held, pd.Series(dtype="str")), TYPES), folder / "cohort.parquet")
    pq.write_table(attributes_arrow(known, TYPES), folder / "attributes.parquet")
    return folder


@pytest.fixture
def releases(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Path, Path]:
    monkeypatch.chdir(tmp_path)
    return written(tmp_path / "one", "first"), written(tmp_path / "two", "second", below=90)


def test_a_planted_change_is_named_and_the_page_is_where_it_says(releases, tmp_path):
    done = icp(*releases)
    assert done.exit_code == 0
    printed = " ".join(done.stdout.split())
    assert "X1 moved: “Fewer than 90 employees”, before “Fewer than 40 employees”." in printed
    assert "50 of 200 accounts change tier" in printed
    page = Path("models/acme/comparisons/first_against_second.html")
    assert str(page) in done.stdout
    assert "X1 moved" in (tmp_path / page).read_text(encoding="utf-8")
    assert "MLflow run: none" in done.stdout, "these releases were never recorded"


def test_a_release_with_itself_is_told_in_one_sentence(releases):
    done = icp(releases[0], releases[0])
    assert done.exit_code == 0
    assert done.stdout.startswith("Nothing changed: both release the same rules, tiers and segments.\n".rstrip())
    assert "moved" not in done.stdout


def test_json_is_all_that_is_printed_and_holds_what_the_page_holds(releases, tmp_path):
    done = icp(*releases, "--json", "--out", tmp_path / "deep" / "page.html")
    told = json.loads(done.stdout)
    assert told["pairs"][0]["tiers"]["moved"] == 50
    assert told["page"] == str(tmp_path / "deep" / "page.html")
    assert told["mlflow"] is None
    assert (tmp_path / "deep" / "page.html").is_file()


def test_quiet_prints_nothing_but_writes_the_page(releases, tmp_path):
    done = icp(*releases, "--quiet", "--no-track")
    assert (done.exit_code, done.stdout, done.stderr) == (0, "", "")
    assert len(list((tmp_path / "models").rglob("*.html"))) == 1


def test_the_same_input_gives_the_same_page(releases, tmp_path):
    for name in ("x.html", "y.html"):
        icp(*releases, "--quiet", "--no-track", "--out", tmp_path / name)
    assert (tmp_path / "x.html").read_bytes() == (tmp_path / "y.html").read_bytes()


def test_a_later_release_lends_its_accounts(releases, tmp_path):
    third = written(tmp_path / "three", "third")
    old = (
        written(tmp_path / "old", "old", as_of="2022-01-31"),
        written(tmp_path / "older", "older", 90, as_of="2021-01-31"),
    )
    told = json.loads(icp(*old, "--on", third, "--json", "--no-track").stdout)
    assert told["pairs"][0]["later_from"] == "release third"
    assert told["pairs"][0]["later"]["accounts"] == 200


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["one"], "needs two releases or more"),
        (["one", "nowhere"], "there is no such release"),
        (["one", "other"], "give releases of one company"),
        (["one", "two", "--on", "other"], "give later accounts of the same company"),
        (["one", "two", "--out", "."], "must name a file"),
        (["one", "two", "--out", "one/page.html"], "not one inside a release"),
        (["one", "0123456789abcdef0123456789abcdef"], "say which store with --config CONFIG"),
    ],
)
def test_what_cannot_be_is_one_message_and_exit_status_2(releases, tmp_path, arguments, message):
    written(tmp_path / "other", "third", name="globex")
    done = icp(*arguments)
    assert done.exit_code == 2
    assert message in " ".join(done.stderr.split())
    assert done.stdout == ""
    assert not list(tmp_path.rglob("*.html")) or {p.name for p in tmp_path.rglob("*.html")} == {"report.html"}


@pytest.mark.filterwarnings("ignore")  # what MLflow's own imports deprecate is not ours to mend
def test_two_runs_are_compared_and_linked_in_the_store_they_came_from(releases, tmp_path):
    import mlflow

    uri = f"sqlite:///{(tmp_path / 'mlflow.db').as_posix()}"
    runs = [
        track_discovery(
            Discovery("acme", name, "2026-06-30", "", {}, {}, {}, folder), uri, "icp-acme", tmp_path / "mlartifacts"
        ).run_id
        for name, folder in zip(("first", "second"), releases, strict=True)
    ]
    done = icp(runs[0], f"runs:/{runs[1]}", "--json")
    assert done.exit_code == 0
    told = json.loads(done.stdout)
    assert told["pairs"][0]["tiers"]["moved"] == 50
    run = mlflow.MlflowClient(tracking_uri=uri).get_run(told["mlflow"]["run_id"])
    assert [run.data.tags[f"icp.run_{letter}"] for letter in "AB"] == runs
    assert run.data.metrics["B_tier_changes_accounts"] == 50
