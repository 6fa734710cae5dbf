from __future__ import annotations

import csv
import json
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pyarrow.parquet as pq
import pytest

from icp_ml.errors import DataError
from icp_ml.release.champion import resolve_release
from icp_ml.release.folder import Release, checksum, free_id, release_id, write_release
from icp_ml.release.frames import SCORE_COLUMNS
from icp_ml.release.parts import ReleaseParts


def contents(folder: Path) -> dict[str, bytes]:
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def beside(folder: Path) -> list[str]:
    return sorted(p.name for p in folder.parent.iterdir())


def test_a_release_holds_every_file_of_the_contract(release):
    assert sorted(p.name for p in release.folder.iterdir()) == [
        "accounts.csv",
        "accounts_scored.parquet",
        "attributes.parquet",
        "boosters",
        "checks.json",
        "cohort.parquet",
        "config.yaml",
        "criteria.json",
        "memo.html",
        "memo.md",
        "metrics.json",
        "report.html",
        "segments.json",
    ]


def test_scored_accounts_have_the_columns_of_icp_score_one_row_an_account(release):
    table = pq.read_table(release.folder / "accounts_scored.parquet")
    assert tuple(table.column_names) == SCORE_COLUMNS
    assert table.column("account_id").to_pylist() == ["a1", "a2", "a3", "a4", "a5", "a6"]
    assert table.column("icp_score").to_pylist() == [0, 77, 77, 52, 52, 52]


def test_the_cohort_says_who_churned_who_is_censored_and_who_is_left_out(release):
    rows = pq.read_table(release.folder / "cohort.parquet").to_pylist()
    assert [r["follow_up"] for r in rows] == ["churned", "censored", None, None, None, None]
    assert [r["part"] for r in rows] == ["evidence", "evidence", "evidence", None, None, None]
    assert [r["left_out"] for r in rows][3:] == ["open", "never worked", "refused"]
    assert (rows[0]["arr_start"], rows[1]["arr_start"], rows[1]["arr_now"]) == (1000.0, None, 2500.5)
    assert rows[0]["decided_at"].isoformat() == "2025-01-31"


def test_a_release_reads_back_as_it_was_written(release, document):
    assert release.criteria == document
    assert release.id == "2026-06-30-0a1b2c3d"
    assert [r.id for r in release.rules.rules] == ["X1", "C1", "C2"]


def test_the_same_parts_give_the_same_bytes(parts, tmp_path):
    one, two = write_release(tmp_path / "one", parts), write_release(tmp_path / "two", parts)
    assert contents(one) == contents(two)


def test_a_failure_midway_leaves_nothing(parts, tmp_path):
    def fail(folder: Path) -> None:
        (folder / "churn.ubj").write_bytes(b"half")
        raise RuntimeError("killed")

    with pytest.raises(RuntimeError, match="killed"):
        write_release(tmp_path / "release", replace(parts, write_boosters=fail))
    assert beside(tmp_path / "release") == []


def test_a_failure_midway_leaves_the_old_release_whole(release, parts):
    def fail(folder: Path) -> None:
        raise RuntimeError("killed")

    before = contents(release.folder)
    with pytest.raises(RuntimeError, match="killed"):
        write_release(release.folder, replace(parts, write_boosters=fail, memo="new"))
    assert contents(release.folder) == before
    assert beside(release.folder) == ["release"]


def test_a_rename_that_fails_puts_the_old_release_back(release, parts, monkeypatch):
    rename = Path.rename

    def only_aside(self: Path, target: Path) -> Path:
        if self.name.endswith(".part"):
            raise OSError("no space")
        return rename(self, target)

    monkeypatch.setattr(Path, "rename", only_aside)
    with pytest.raises(OSError, match="no space"):
        write_release(release.folder, replace(parts, memo="new"))
    assert (release.folder / "memo.md").read_text() == "# Memo\n"
    assert beside(release.folder) == ["release"]


def test_a_release_is_replaced_whole_with_no_file_of_the_old_one(release, parts):
    (release.folder / "stray.txt").write_text("x")
    write_release(release.folder, replace(parts, memo="new"))
    assert (release.folder / "memo.md").read_text() == "new"
    assert not (release.folder / "stray.txt").exists()
    assert beside(release.folder) == ["release"]


def test_a_folder_that_is_no_release_is_left_alone(parts, tmp_path):
    (tmp_path / "thesis.doc").write_text("years of work")
    with pytest.raises(DataError, match=r"not empty and not a release \(it holds thesis\.doc\)"):
        write_release(tmp_path, parts)
    assert [p.name for p in tmp_path.iterdir()] == ["thesis.doc"]


def test_an_empty_folder_may_be_filled(parts, tmp_path):
    (tmp_path / "out").mkdir()
    assert Release.load(write_release(tmp_path / "out", parts)).id == "2026-06-30-0a1b2c3d"


def test_a_document_that_breaks_its_schema_is_never_written(parts, tmp_path):
    with pytest.raises(DataError, match="'name' is a required property"):
        write_release(
            tmp_path / "out", replace(parts, criteria={k: v for k, v in parts.criteria.items() if k != "name"})
        )
    assert list(tmp_path.iterdir()) == []


def test_a_missing_release_names_those_beside_it(release):
    with pytest.raises(DataError, match="there is no such release; beside it are release;"):
        Release.load(release.folder.with_name("relaese"))


def test_an_interrupted_replacement_says_where_the_old_release_is(release):
    release.folder.rename(release.folder.with_name(".release.old"))
    with pytest.raises(DataError, match=r"interrupted.*\.release\.old"):
        Release.load(release.folder)


def test_a_folder_without_criteria_is_no_release(tmp_path):
    with pytest.raises(DataError, match=r"is not a release: it has no criteria\.json"):
        Release.load(tmp_path)


def test_a_release_without_its_segments_says_so(release):
    (release.folder / "segments.json").unlink()
    with pytest.raises(DataError, match=r"segments\.json is missing; the release is not whole"):
        Release.load(release.folder)


def test_criteria_that_are_not_json_say_so(release):
    (release.folder / "criteria.json").write_text("{")
    with pytest.raises(DataError, match=r"criteria\.json is not JSON"):
        Release.load(release.folder)


def test_an_id_is_the_day_and_a_hash_of_what_it_was_made_from(tmp_path):
    first = release_id("2026-06-30", {"seed": 7})
    assert first.startswith("2026-06-30-")
    assert len(first) == len("2026-06-30-") + 8
    assert release_id("2026-06-30", {"seed": 8}) != first
    assert free_id(tmp_path, first) == first
    (tmp_path / first).mkdir()
    (tmp_path / f"{first}-2").mkdir()
    assert free_id(tmp_path, first) == f"{first}-3"


@pytest.fixture
def models_root(parts, tmp_path) -> Path:
    folder = write_release(tmp_path / "models" / "acme" / "r1", parts)
    pointer = {"id": "r1", "checksum": checksum(folder)}
    (tmp_path / "models" / "acme" / "champion.json").write_text(json.dumps(pointer))
    return tmp_path / "models"


def test_champion_means_the_release_that_was_promoted(models_root):
    assert resolve_release("champion", models_root) == models_root / "acme" / "r1"
    assert resolve_release("champion", models_root, "acme") == models_root / "acme" / "r1"
    assert resolve_release("r1", models_root) == models_root / "acme" / "r1"
    assert resolve_release("some/folder", models_root) == Path("some/folder")


def test_a_champion_that_was_changed_after_promotion_is_refused(models_root):
    path = models_root / "acme" / "r1" / "criteria.json"
    path.write_text(path.read_text().replace('"points": 25', '"points": 99'))
    with pytest.raises(DataError, match="not as it was when it was promoted"):
        resolve_release("champion", models_root)


def test_without_a_champion_the_message_says_how_to_make_one(models_root):
    with pytest.raises(DataError, match=r"acmee has no champion \(did you mean 'acme'\?\); make one with 'icp promote"):
        resolve_release("champion", models_root, "acmee")


def test_accounts_csv_is_a_csv_with_one_row_an_account(release):
    with (release.folder / "accounts.csv").open(encoding="utf-8", newline="") as file:
        assert [row["account_id"] for row in csv.DictReader(file)] == ["a1", "a2", "a3", "a4", "a5", "a6"]


def test_the_models_go_where_the_release_reads_them(parts, tmp_path):
    def write(folder: Path) -> None:
        (folder / "churn.json").write_text("{}")

    release = Release.load(write_release(tmp_path / "out", replace(parts, write_boosters=write)))
    with pytest.raises(DataError, match=r"churn\.json"):
        _ = release.predictors


def test_a_release_without_models_has_no_predictors(release):
    assert release.predictors == {}


def test_territories_are_written_where_somebody_asked_for_them(parts: ReleaseParts, tmp_path: Path) -> None:
    plain = write_release(tmp_path / "plain", parts)
    asked = write_release(tmp_path / "asked", replace(parts, territories={"territories": []}))
    assert not (plain / "territories.json").exists()
    assert json.loads((asked / "territories.json").read_text()) == {"territories": []}
    assert checksum(plain) == checksum(asked)


def test_a_map_is_written_beside_the_segments_and_an_older_release_has_none(parts, tmp_path) -> None:
    older = Release.load(write_release(tmp_path / "older", parts))
    newer = Release.load(write_release(tmp_path / "newer", replace(parts, segments_map={"accounts": 3, "points": []})))
    assert older.segments_map is None
    assert newer.segments_map == {"accounts": 3, "points": []}
    assert checksum(older.folder) == checksum(newer.folder), "a picture decides no score"


def test_customers_at_risk_are_written_where_there_is_a_list(parts, tmp_path) -> None:
    frame = pd.DataFrame({"rank": [1], "account_id": ["a1"], "name": ["=cmd()"]})
    written = write_release(tmp_path / "with", replace(parts, customers_at_risk=frame))
    assert (written / "customers_at_risk.csv").read_text() == "rank,account_id,name\n1,a1,'=cmd()\n"
    assert not (write_release(tmp_path / "without", parts) / "customers_at_risk.csv").exists()
