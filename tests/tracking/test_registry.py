"""Aliases on a registry of small versions, in a database file."""

from __future__ import annotations

import socket
import warnings
from pathlib import Path

import pytest

from icp_ml.errors import ConfigError
from icp_ml.tracking.registry import champion_alias

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # what MLflow's own imports deprecate is not ours to mend
    import mlflow

pytestmark = pytest.mark.filterwarnings("ignore")  # the same, when it runs

CHURN, WIN, WHOLE = "icp-acme-churn", "icp-acme-win", "icp-acme"


@pytest.fixture
def uri(tmp_path: Path) -> str:
    return f"sqlite:///{(tmp_path / 'mlflow.db').as_posix()}"


@pytest.fixture
def client(uri: str, tmp_path: Path) -> mlflow.MlflowClient:
    """Releases r1 (churn and win), r2 (both) and r3 (churn alone)."""
    made = mlflow.MlflowClient(tracking_uri=uri, registry_uri=uri)
    for model, releases in {CHURN: ("r1", "r2", "r3"), WIN: ("r1", "r2")}.items():
        made.create_registered_model(model)
        for release in releases:
            version = made.create_model_version(model, str(tmp_path), tags={"icp.release_id": release})
            made.set_registered_model_alias(model, "challenger", version.version)
    return made


def aliases(client: mlflow.MlflowClient, model: str) -> dict[str, int]:
    return {name: int(version) for name, version in client.get_registered_model(model).aliases.items()}


def promote(uri: str, release: str, **tags: str) -> dict[str, str]:
    with champion_alias(uri, "acme", release, tags) as moved:
        return moved


def test_the_alias_moves_to_the_release_and_the_tags_say_why(uri, client):
    assert promote(uri, "r1", grounds="first") == {"churn": f"{CHURN}/1", "win": f"{WIN}/1"}
    assert promote(uri, "r2", grounds="better", by="Ann") == {"churn": f"{CHURN}/2", "win": f"{WIN}/2"}
    assert aliases(client, CHURN) == {"champion": 2, "challenger": 3}
    assert client.get_model_version(CHURN, "2").tags == {
        "icp.release_id": "r2",
        "icp.grounds": "better",
        "icp.by": "Ann",
    }
    assert client.get_model_version(CHURN, "1").tags["icp.grounds"] == "first", "a former champion keeps its own"


def test_a_champion_is_no_challenger_any_more(uri, client):
    promote(uri, "r2")
    assert aliases(client, WIN) == {"champion": 2}


def test_a_model_that_the_release_does_not_have_loses_the_alias(uri, client):
    promote(uri, "r1")
    assert promote(uri, "r3") == {"churn": f"{CHURN}/3"}
    assert "champion" not in aliases(client, WIN)


def test_a_release_of_another_store_leaves_no_alias_on_an_older_one(uri, client):
    promote(uri, "r1")
    assert promote(uri, "made elsewhere") == {}
    assert "champion" not in aliases(client, CHURN)


def test_of_two_recordings_of_one_release_the_later_is_taken(uri, client, tmp_path):
    client.create_model_version(CHURN, str(tmp_path), tags={"icp.release_id": "r1"})
    assert promote(uri, "r1")["churn"] == f"{CHURN}/4"


def test_the_alias_moves_back_where_the_promotion_fails(uri, client):
    promote(uri, "r1")
    with pytest.raises(OSError, match=r"^2$"), champion_alias(uri, "acme", "r2", {}):
        raise OSError(str(aliases(client, CHURN)["champion"]))
    assert aliases(client, CHURN) == {"champion": 1, "challenger": 3}
    assert aliases(client, WIN) == {"champion": 1, "challenger": 2}


def test_a_first_champion_that_fails_leaves_no_alias(uri, client):
    with pytest.raises(OSError, match="disk full"), champion_alias(uri, "acme", "r1", {}):
        raise OSError("disk full")
    assert "champion" not in aliases(client, CHURN)


@pytest.fixture
def whole(client: mlflow.MlflowClient, tmp_path: Path) -> mlflow.MlflowClient:
    """The same, and releases r1 and r2 as models."""
    client.create_registered_model(WHOLE)
    for release, checksum in (("r1", "aa"), ("r2", "bb")):
        tags = {"icp.release_id": release, "icp.checksum": checksum}
        version = client.create_model_version(WHOLE, str(tmp_path), tags=tags)
        client.set_registered_model_alias(WHOLE, "challenger", version.version)
    return client


def test_the_release_as_a_model_becomes_the_champion_with_its_parts(uri, whole):
    with champion_alias(uri, "acme", "r2", {"grounds": "better"}, checksum="bb") as moved:
        assert moved == {"churn": f"{CHURN}/2", "win": f"{WIN}/2", "release": f"{WHOLE}/2"}
    assert aliases(whole, WHOLE) == {"champion": 2}
    assert whole.get_model_version(WHOLE, "2").tags["icp.grounds"] == "better"


def test_a_release_whose_rules_changed_after_it_was_recorded_has_no_model_of_the_whole(uri, whole):
    with champion_alias(uri, "acme", "r1", {}, checksum="aa"):
        pass
    with champion_alias(uri, "acme", "r2", {}, checksum="other rules") as moved:
        assert moved == {"churn": f"{CHURN}/2", "win": f"{WIN}/2"}
    assert aliases(whole, WHOLE) == {"challenger": 2}, "the champion of before would score by other rules, too"


def test_a_store_that_fails_half_way_is_put_back_and_named(uri, client, monkeypatch):
    promote(uri, "r1")
    real = mlflow.MlflowClient.set_registered_model_alias

    def fail_for_win(self, name, alias, version):
        if name == WIN and str(version) == "2":
            raise mlflow.exceptions.MlflowException("gone")
        return real(self, name, alias, version)

    monkeypatch.setattr(mlflow.MlflowClient, "set_registered_model_alias", fail_for_win)
    with pytest.raises(ConfigError, match=r"'champion' was not moved.*gone"), champion_alias(uri, "acme", "r2", {}):
        raise AssertionError("nothing is promoted")
    assert aliases(client, CHURN)["champion"] == 1


def test_a_file_that_is_no_database_is_named(uri, tmp_path):
    (tmp_path / "mlflow.db").write_text("hello")
    with (
        pytest.raises(ConfigError, match=r"'champion' was not moved.*file is not a database"),
        champion_alias(uri, "acme", "r1", {}),
    ):
        raise AssertionError("nothing is promoted")


def test_a_server_that_does_not_answer_is_named_without_its_password(monkeypatch):
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with (
        pytest.raises(ConfigError, match=r"tracking\.uri: the alias 'champion' was not moved") as error,
        champion_alias(f"http://ann:secret@127.0.0.1:{port}", "acme", "r1", {}),
    ):
        raise AssertionError("nothing is promoted")
    assert "secret" not in str(error.value)
