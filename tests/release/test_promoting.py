"""``icp promote`` on releases without a model, whose rules stand on their own evidence: who gets in, who goes back."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from typer.testing import CliRunner

from icp_ml.release.champion import resolve_release
from icp_ml.release.folder import write_release
from pipelines import cli

RUNNER = CliRunner()


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def make(parts):
    def write(folder: str, **changes) -> Path:
        return write_release(Path(folder), replace(parts, criteria={**parts.criteria, "release_id": folder, **changes}))

    return write


def icp(*arguments: str):
    return RUNNER.invoke(cli.app, ["promote", *arguments], env={"COLUMNS": "200"})


def pointer() -> dict:
    return json.loads(Path("models/acme/champion.json").read_text())


def test_the_first_release_becomes_the_champion(make):
    folder = make("r1")
    done = icp("r1")
    assert done.exit_code == 0, done.output
    assert done.stdout.startswith("Promoted: the first champion")
    assert "its rules stand on their own evidence" in done.stdout
    assert (pointer()["id"], pointer()["grounds"]) == ("r1", "first")
    assert resolve_release("champion", Path("models")).resolve() == folder.resolve()


def test_promoting_the_champion_again_changes_nothing(make):
    make("r1")
    icp("r1")
    before = Path("models/acme/champion.json").read_bytes()
    for again in ("r1", "champion"):
        done = icp(again)
        assert done.exit_code == 0
        assert "the champion already" in done.stdout
    assert Path("models/acme/champion.json").read_bytes() == before


def test_an_equal_release_is_refused_with_the_reason_on_standard_error_and_exit_status_1(make):
    make("r1"), make("r2")
    icp("r1")
    done = icp("r2")
    assert done.exit_code == 1
    assert done.stderr.startswith("icp: not promoted: neither has a model")
    assert "Traceback" not in done.output
    assert pointer()["id"] == "r1"
    quiet = icp("r2", "--quiet")
    assert (quiet.exit_code, quiet.stdout) == (1, "")
    assert "not promoted" in quiet.stderr


def test_a_refusal_is_json_for_a_script(make):
    make("r1"), make("r2")
    icp("r1")
    document = json.loads(icp("r2", "--json").stdout)
    assert document["promoted"] is False
    assert document["champion_before"] == "r1"
    assert [c["name"] for c in document["checks"] if c["passed"] is False] == ["grounds"]


def test_a_refresh_takes_a_release_for_its_rules(make):
    make("r1"), make("r2")
    icp("r1")
    assert icp("r2", "--refresh").exit_code == 0
    assert (pointer()["id"], pointer()["grounds"]) == ("r2", "rules")


def test_a_reviewed_champion_is_promoted_again(make):
    make("r1")
    icp("r1")
    make("r1", review={"by": "Ann"})
    assert icp("champion").exit_code == 2, "its files are not those that were promoted"
    done = icp("r1")
    assert done.exit_code == 0, done.output
    assert "as a person reviewed them" in done.stdout
    assert resolve_release("champion", Path("models")) is not None
    assert icp("--rollback").exit_code == 2, "there is nothing before the first release"


def test_a_champion_changed_without_a_review_is_refused(make):
    make("r1")
    icp("r1")
    make("r1", currency="USD")
    done = icp("r1")
    assert done.exit_code == 1
    assert "not as it was when it was promoted" in done.stderr


def test_a_champion_that_moved_is_found_at_its_new_place(make):
    make("r1")
    icp("r1")
    shutil.move("r1", "moved")
    assert icp("moved").exit_code == 0
    assert pointer()["path"] == "../../moved"


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"churn_horizon_months": 6}, "forecasts churn within 6 months, the champion within 12"),
        ({"as_of": "2026-03-31"}, "its data end on 2026-03-31, before the champion's (2026-06-30)"),
    ],
)
def test_what_cannot_be_compared_is_refused_with_the_reason(make, changes, said):
    make("r1"), make("r2", **changes)
    icp("r1")
    for extra in ((), ("--refresh",)):
        done = icp("r2", *extra)
        assert done.exit_code == 1
        assert said in done.stderr


@pytest.mark.parametrize("missing", [(), ("--by", "Ann"), ("--note", "we must")])
def test_overruling_needs_a_name_and_a_reason(make, missing):
    make("r1")
    done = icp("r1", "--force", *missing)
    assert done.exit_code == 2
    assert "--by NAME --note TEXT" in done.stderr
    assert not Path("models/acme/champion.json").exists()


def test_a_person_who_overrules_is_written_down(make):
    make("r1"), make("r2")
    icp("r1")
    done = icp("r2", "--force", "--by", "Ann", "--note", "the board asked")
    assert done.exit_code == 0
    assert done.stdout.startswith("Promoted by Ann against the gate: the board asked")
    assert "neither has a model" in done.stdout, "what the gate says is shown all the same"
    last = pointer()["history"][-1]
    assert (last["id"], last["grounds"], last["by"], last["note"]) == ("r2", "forced", "Ann", "the board asked")


def test_one_command_goes_back_and_the_history_keeps_everything(make):
    make("r1"), make("r2")
    icp("r1"), icp("r2", "--refresh")
    done = icp("--rollback", "--by", "Bob", "--note", "complaints")
    assert done.exit_code == 0, done.output
    assert done.stdout.startswith("Rolled back: r1 is the champion again, in place of r2.")
    assert (pointer()["id"], pointer()["grounds"]) == ("r1", "first")
    assert [(e["event"], e["id"]) for e in pointer()["history"]] == [
        ("promoted", "r1"), ("promoted", "r2"), ("rolled back", "r1"),
    ]  # fmt: skip
    assert pointer()["history"][-1]["by"] == "Bob"
    again = icp("--rollback", "acme")
    assert again.exit_code == 2
    assert "no earlier champion" in again.stderr


def test_going_back_to_files_that_changed_is_refused(make):
    make("r1"), make("r2")
    icp("r1"), icp("r2", "--refresh")
    make("r1", currency="USD")
    done = icp("--rollback")
    assert done.exit_code == 2
    assert "r1 is not as it was when it was promoted" in done.stderr
    assert pointer()["id"] == "r2"


def test_drift_and_unseen_levels_close_the_gate_of_the_first_release_too(parts):
    found = {
        "alarm": True,
        "sentences": ["share of accounts with “industry is retail”: 10% before, 50% now (80 accounts)"],
        "told": "",
        "to_score": 200,
        "unseen": {"industry": {"share": 0.1, "enough": True}, "tool": {"share": 0.02, "enough": False}},
    }
    write_release(Path("r1"), replace(parts, checks={"newcomers": found}))
    done = icp("r1")
    assert done.exit_code == 1
    assert (
        "levels that no account behind the models had, in over 1% of 200 accounts still to be won: industry (10.0%)"
        in done.stderr
    )
    assert "10% before, 50% now" in done.stderr
    assert "tool" not in done.stderr


def test_no_release_to_promote_is_a_question_to_the_user():
    done = icp()
    assert done.exit_code == 2
    assert "give the release to promote" in done.stderr
