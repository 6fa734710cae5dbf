from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest

from icp_ml.errors import DataError
from icp_ml.sample import write_sample

FILES = ("accounts.csv", "opportunities.csv", "subscriptions.csv", "signals.csv", "truth.json")
COMMITTED = Path(__file__).parents[2] / "data" / "sample"


def test_the_committed_sample_is_what_the_generator_writes_to_the_byte(tmp_path: Path) -> None:
    write_sample(tmp_path)
    assert {p.name for p in tmp_path.iterdir()} == set(FILES)
    for name in FILES:
        assert (tmp_path / name).read_bytes() == (COMMITTED / name).read_bytes(), (
            f"{name}: run `icp sample data/sample`"
        )


def test_the_committed_sample_stays_under_three_megabytes() -> None:
    assert sum((COMMITTED / name).stat().st_size for name in FILES) < 3_000_000


def test_another_seed_gives_another_sample_of_the_same_shape(tmp_path: Path) -> None:
    first, second = (write_sample(tmp_path / str(seed), 300, seed) for seed in (1, 2))
    one, two = (pd.read_csv(tmp_path / s / "accounts.csv", dtype=str) for s in ("1", "2"))
    assert list(one.columns) == list(two.columns)
    assert len(one) == len(two) == 300
    assert not one.equals(two)
    assert [r.when for r in first.exclusions] == [r.when for r in second.exclusions]


def test_the_truth_in_the_file_is_the_truth_returned(tmp_path: Path) -> None:
    truth = write_sample(tmp_path, 300, 3)
    written = json.loads((tmp_path / "truth.json").read_text(encoding="utf-8"))
    assert written["misleading_column"] == truth.misleading_column == "csm_health"
    assert [x["when"] for x in written["exclusions"]] == [x.when for x in truth.exclusions]
    assert written["counts"]["accounts"] == 300


@pytest.mark.parametrize(
    ("accounts", "seed", "message"),
    [(10, 7, "a sample needs at least 50 accounts; found 10"), (200, -1, "a seed must not be negative; found -1")],
)
def test_an_impossible_request_says_what_must_hold(tmp_path: Path, accounts: int, seed: int, message: str) -> None:
    with pytest.raises(DataError, match=message):
        write_sample(tmp_path, accounts, seed)


def test_a_file_in_place_of_the_folder_is_refused_and_left_alone(tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("mine")
    with pytest.raises(DataError, match="a folder is needed"):
        write_sample(tmp_path / "taken", 200)
    assert (tmp_path / "taken").read_text() == "mine"
