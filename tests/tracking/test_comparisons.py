from __future__ import annotations

import shutil
import warnings
from pathlib import Path

import pytest

from icp_ml.errors import ConfigError, DataError
from icp_ml.release.folder import Release, checksum
from icp_ml.tracking.comparisons import ComparisonRecord, fetch_release, flat_metrics, runs_of, track_comparison
from icp_ml.tracking.discoveries import Discovery, track_discovery

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # what MLflow's own imports deprecate is not ours to mend
    import mlflow

pytestmark = pytest.mark.filterwarnings("ignore")  # the same, when it runs
ID = "2026-06-30-aa"


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory, small_release: Path) -> tuple[str, str, Path]:
    """A store with the run of one release: its address, the run, the release."""
    folder = tmp_path_factory.mktemp("store")
    shutil.copytree(small_release, folder / "release")
    uri = f"sqlite:///{(folder / 'mlflow.db').as_posix()}"
    found = Discovery("acme", ID, "2026-06-30", "", {}, {}, {}, folder / "release")
    return uri, track_discovery(found, uri, "icp-acme", folder / "mlartifacts").run_id, folder / "release"


def test_a_run_names_the_runs_it_compares_and_holds_figures_and_page(
    store: tuple[str, str, Path], tmp_path: Path
) -> None:
    uri, run, _ = store
    page = tmp_path / "page.html"
    page.write_text("<h1>Keep A</h1>")
    record = ComparisonRecord(
        "acme", {"A": ID, "B": "other"}, {"A": run}, "**Keep A**", {"B_rule_changes": 2.0}, page, {"B": "keep"}
    )
    told = track_comparison(record, uri, "icp-acme", tmp_path)
    client = mlflow.MlflowClient(tracking_uri=uri)
    found = client.get_run(told.run_id)
    assert found.info.run_name == "compare 2026-06-30-aa with other"
    assert found.info.experiment_id == client.get_run(run).info.experiment_id
    assert found.data.tags["icp.run_A"] == run
    assert found.data.tags["icp.release_B"] == "other"
    assert "icp.run_B" not in found.data.tags, "the store does not have it"
    assert (found.data.tags["icp.part"], found.data.tags["icp.answer_B"]) == ("comparison", "keep")
    assert found.data.tags["mlflow.note.content"] == "**Keep A**"
    assert found.data.metrics == {"B_rule_changes": 2.0}
    assert [a.path for a in client.list_artifacts(told.run_id)] == ["page.html"]
    assert found.info.status == "FINISHED"


def test_the_run_of_a_release_is_found_by_its_id(store: tuple[str, str, Path]) -> None:
    uri, run, _ = store
    assert runs_of(uri, [ID, "unknown", "it's"]) == {ID: (run, "icp-acme")}


def test_a_release_comes_back_from_its_run_to_the_byte(store: tuple[str, str, Path], tmp_path: Path) -> None:
    uri, run, release = store
    fetched = fetch_release(uri, run, tmp_path)
    assert Release.load(fetched).id == ID
    assert checksum(fetched) == checksum(release)


def test_a_run_that_is_not_there_says_how_to_name_the_store(store: tuple[str, str, Path], tmp_path: Path) -> None:
    with pytest.raises(DataError, match="--config CONFIG"):
        fetch_release(store[0], "0" * 32, tmp_path)


def test_a_run_without_a_release_says_which_to_give(store: tuple[str, str, Path], tmp_path: Path) -> None:
    client = mlflow.MlflowClient(tracking_uri=store[0])
    empty = client.create_run(client.get_experiment_by_name("icp-acme").experiment_id)
    with pytest.raises(DataError, match="recorded no release; give a run of 'icp discover'"):
        fetch_release(store[0], empty.info.run_id, tmp_path)


def test_a_store_that_cannot_be_written_says_where_the_page_is(tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    record = ComparisonRecord("acme", {"A": "a", "B": "b"}, {}, "", {}, page)
    with pytest.raises(ConfigError, match=r"the comparison was not recorded.*page is complete") as err:
        track_comparison(record, "http://ann:secret@127.0.0.1:9", "icp-acme", tmp_path)
    assert "secret" not in str(err.value)


def test_figures_that_are_absent_are_no_metrics() -> None:
    figures = {"red": {"estimate": 0.1, "low": 0.0, "high": 0.2}, "net_margin": {"absent": "no cost"}}
    pair = {
        "b": "B",
        "tiers": {"moved": 3, "arr": 10.0, "pipeline": 0.0},
        "rules": [{}],
        "later": None,
        "flattering": {"raw": {"figures": figures}},
    }
    assert flat_metrics({"pairs": [pair]}) == {
        "B_tier_changes_accounts": 3.0,
        "B_tier_changes_arr": 10.0,
        "B_tier_changes_pipeline": 0.0,
        "B_rule_changes": 1.0,
        "B_flattering_red_difference_estimate": 0.1,
        "B_flattering_red_difference_low": 0.0,
        "B_flattering_red_difference_high": 0.2,
    }
