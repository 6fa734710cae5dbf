"""``icp export`` as it is typed, on the example release."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import duckdb
import pytest
from typer.testing import CliRunner

from pipelines import cli

EXAMPLE = Path(__file__).resolve().parents[2] / "models" / "example"
RUNNER = CliRunner()


def icp(*arguments):
    return RUNNER.invoke(cli.app, ["export", *map(str, arguments)])


def test_sql_is_printed_alone_on_standard_output_and_runs():
    done = icp(EXAMPLE, "--to", "sql:duckdb", "--table", "mine")
    assert done.exit_code == 0
    with duckdb.connect() as connection:
        connection.execute(
            "CREATE TABLE mine AS SELECT 'a' AS account_id, 60 AS employee_count, 'fintech' AS industry, "
            "true AS has_revops, '' AS tech_stack"
        )
        assert connection.execute(done.stdout).fetchall() == [("a", 89, "green", "C1")]
    assert "Exported 3 of 3 rules as sql:duckdb; the release is not reviewed" in done.stderr


def test_a_file_is_written_whole_in_place_of_what_was_there(tmp_path):
    out = tmp_path / "new" / "rules.json"
    for _ in range(2):
        assert icp(EXAMPLE, "--to", "jsonlogic", "--out", out, "--quiet").exit_code == 0
    assert set(json.loads(out.read_text(encoding="utf-8"))["criteria"]) == {"X1", "X2", "C1"}
    assert [p.name for p in out.parent.iterdir()] == ["rules.json"]


def test_a_folder_that_holds_other_files_is_left_alone(tmp_path):
    (tmp_path / "mine.sql").write_text("select 1", encoding="utf-8")
    done = icp(EXAMPLE, "--to", "dbt", "--out", tmp_path)
    assert done.exit_code == 2
    assert "holds other files (mine.sql)" in done.stderr
    assert [p.name for p in tmp_path.iterdir()] == ["mine.sql"]


def test_a_folder_of_an_earlier_export_is_replaced(tmp_path):
    for _ in range(2):
        assert icp(EXAMPLE, "--to", "dbt", "--out", tmp_path / "dbt").exit_code == 0
    assert (tmp_path / "dbt" / "models" / "icp_scores.sql").is_file()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--to", "sql:duckbd"], "did you mean 'duckdb'?"),
        (["--to", "xlsx"], "is no text"),
        (["--to", "salesforce"], "give a folder to write them to"),
        (["--to", "csv", "--names", "mine"], "'source' or by their 'standard' names"),
        ([], "say for what"),
        (["--to", "csv", "--since", str(EXAMPLE)], "told in words, or with --to json"),
    ],
)
def test_what_cannot_be_is_one_message_and_exit_status_2(arguments, message):
    done = icp(EXAMPLE, *arguments)
    assert done.exit_code == 2
    assert message in " ".join(done.stderr.split())
    assert done.stdout == ""


@pytest.fixture
def edited(tmp_path):
    """A copy of the example in which one rule is rejected and one accepted."""
    folder = shutil.copytree(EXAMPLE, tmp_path / "edited")
    document = json.loads((folder / "criteria.json").read_text(encoding="utf-8"))
    for criterion in document["criteria"]:
        criterion["status"] = {"X2": "rejected", "C1": "accepted"}.get(criterion["id"], criterion["status"])
    document["release_id"] = "edited"
    document["review"] = {"by": "Ann", "on": "2026-11-23"}
    (folder / "criteria.json").write_text(json.dumps(document), encoding="utf-8")
    return folder


def test_accepted_rules_alone_are_carried_where_that_is_asked_for(edited):
    done = icp(edited, "--to", "jsonlogic", "--accepted-only")
    document = json.loads(done.stdout)
    assert list(document["criteria"]) == ["C1"]
    assert document["reviewed"] is True
    assert document["about"][1] == "Reviewed by Ann on 2026-11-23."


def test_what_changed_is_told_in_words_and_as_json(edited):
    words = icp(edited, "--since", EXAMPLE).stdout.splitlines()
    assert words[0].startswith("2 changes in the rules from release")
    assert words[1] == "  C1 is now accepted, before proposed."
    assert words[2].endswith("it was rejected.")
    told = json.loads(icp(edited, "--since", EXAMPLE, "--to", "json").stdout)
    assert [(c["what"], c["id"]) for c in told["changes"]] == [("status", "C1"), ("went", "X2")]
    assert told["nothing_changed"] is False


def test_a_release_since_itself_says_that_nothing_changed():
    assert icp(EXAMPLE, "--since", EXAMPLE).stdout.startswith("Nothing changed in the rules")


def test_a_dash_is_standard_output(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    done = icp(EXAMPLE, "--to", "jsonlogic", "--out", "-")
    assert done.exit_code == 0
    assert set(json.loads(done.stdout)) >= {"score", "tier", "criteria"}
    assert list(tmp_path.iterdir()) == []


def test_a_table_is_no_matter_to_a_form_that_reads_none_and_that_is_said():
    assert "--table mine says nothing here" in icp(EXAMPLE, "--to", "jsonlogic", "--table", "mine").stderr
    assert "--table" not in icp(EXAMPLE, "--to", "sql", "--table", "mine").stderr
