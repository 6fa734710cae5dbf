"""A release logged in MLflow, loaded and served as MLflow does it."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest

import icp_ml
from icp_ml.release.folder import Release
from icp_ml.release.scoring import score_file
from icp_ml.tracking.discoveries import Discovery, track_discovery

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # what MLflow's own imports deprecate is not ours to mend
    import mlflow
    import mlflow.pyfunc
    from mlflow.pyfunc.scoring_server import infer_and_parse_data

pytestmark = pytest.mark.filterwarnings("ignore")  # the same, when it runs

HEADER = ["Account ID", "Headcount", "industry", "RevOps?", "tech_stack"]
ROWS = [
    ["a1", "30", "saas", "yes", "zendesk"],
    ["a2", "1,100", "O'Neil", "1", "jira|zendesk"],
    ["a3", "", "NA", "", ""],
    ["a4", "49.999999", "007", "no", "|zendesk |"],
]
TYPED = {
    "Account ID": ["a1", "a2", "a3", "a4"],
    "Headcount": [30, 1100, np.nan, 49.999999],
    "industry": ["saas", "O'Neil", "NA", "007"],
    "RevOps?": [True, True, None, False],
    "tech_stack": [["zendesk"], ["jira", "zendesk"], [], ["zendesk"]],
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory, small_release: Path) -> Path:
    """The folder of a logged release."""
    store = tmp_path_factory.mktemp("store")
    discovery = Discovery(
        "acme", "2026-06-30-aa", "2026-06-30", "", {}, {}, {}, small_release, {"win": "logistic"}, version="0.1.0"
    )
    track_discovery(discovery, f"sqlite:///{(store / 'mlflow.db').as_posix()}", "icp-acme", store / "mlartifacts")
    (found,) = [p.parent for p in (store / "mlartifacts" / "models").rglob("model_code.py")]
    return found


@pytest.fixture(scope="module")
def model(folder: Path) -> mlflow.pyfunc.PyFuncModel:
    return mlflow.pyfunc.load_model(str(folder))


@pytest.fixture(scope="module")
def expected(small_release: Path, tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, Any]]:
    """What ``icp score`` says of a CSV of the rows."""
    work = tmp_path_factory.mktemp("scored")
    pd.DataFrame(ROWS, columns=HEADER).to_csv(work / "accounts.csv", index=False)
    score_file(work / "accounts.csv", Release.load(small_release), work / "scored.parquet")
    return pq.read_table(work / "scored.parquet").to_pylist()


def test_text_cells_score_as_icp_score_does(model, expected):
    assert model.predict(pd.DataFrame(ROWS, columns=HEADER, dtype="str")).to_dict("records") == expected
    assert [row["icp_score"] for row in expected] == [37, 77, 52, 52]


def test_typed_cells_score_as_the_text_of_them(model, expected):
    assert model.predict(pd.DataFrame(TYPED)).to_dict("records") == expected


def test_standard_names_are_taken_too_and_other_columns_left_aside(model, expected):
    standard = pd.DataFrame(ROWS, columns=["account_id", "employee_count", "industry", "has_revops", "tech_stack"])
    assert model.predict(standard.assign(owner="Ann")).to_dict("records") == expected


@pytest.mark.parametrize("orient", ["records", "split"])
def test_json_of_a_request_scores_the_same(model, expected, orient):
    frame = pd.DataFrame(ROWS, columns=HEADER)
    content = frame.to_dict("records") if orient == "records" else frame.to_dict("split")
    parsed = infer_and_parse_data({f"dataframe_{orient}": content}, model.metadata.get_input_schema())
    assert model.predict(parsed).to_dict("records") == expected


def test_parameters_are_those_of_icp_score(model):
    cells = pd.DataFrame(ROWS, columns=HEADER, dtype="str")
    short = cells.drop(columns="Headcount")
    asked = model.predict(short, params={"allow_missing": True, "accepted_only": True})
    assert asked["matched_criteria"].tolist() == ["C1", "C1", "", ""]
    # The rule on headcount was never accepted, so that its column is not needed.
    assert model.predict(short, params={"accepted_only": True})["icp_score"].tolist() == [77, 77, 52, 52]


def test_a_column_that_a_rule_uses_is_asked_for_in_words_that_fit_a_request(model):
    with pytest.raises(mlflow.exceptions.MlflowException) as err:
        model.predict(pd.DataFrame({"Account ID": ["a1"]}))
    assert "missing: 'employee_count' (or 'Headcount')" in str(err.value)
    assert "score with params {'allow_missing': true}, which takes it" in str(err.value)


def test_the_input_example_is_answered(model, folder):
    example = mlflow.models.Model.load(str(folder)).load_input_example(str(folder))
    scored = model.predict(example)
    assert scored["account_id"].tolist() == ["example-1", "example-2"]
    assert scored["matched_criteria"].tolist() == ["C1", ""]


def test_what_is_stored_is_the_script_and_data_and_no_pickle(folder):
    names = {p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file()}
    assert names == {
        "MLmodel", "model_code.py", "requirements.txt", "conda.yaml", "python_env.yaml",
        "input_example.json", "serving_input_example.json",
        "artifacts/criteria.json", "artifacts/segments.json", "artifacts/boosters/win.json",
    }  # fmt: skip
    assert "icp-ml==0.1.0" in (folder / "requirements.txt").read_text().splitlines()
    script = Path(icp_ml.__file__).parent / "tracking" / "model_code.py"
    assert (folder / "model_code.py").read_bytes() == script.read_bytes()


def test_spark_s_struct_of_some_columns_is_enough(model, expected):
    """What ``mlflow.pyfunc.spark_udf`` hands over for a struct: a frame of its columns, lists as arrays."""
    frame = pd.DataFrame(TYPED)
    frame["tech_stack"] = [np.array(tags, dtype=object) for tags in TYPED["tech_stack"]]
    assert model.predict(frame).to_dict("records") == expected


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


@pytest.fixture(scope="module")
def server(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """``mlflow models serve`` on loopback."""
    port, log = _free_port(), tmp_path_factory.mktemp("serve") / "log.txt"
    command = [sys.executable, "-m", "mlflow", "models", "serve", "-m", str(folder), "--env-manager", "local"]
    # MLflow calls uvicorn by name, as a shell in an activated environment finds it.
    environment = {
        **os.environ,
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}",
        "PYTHONPATH": str(Path(icp_ml.__file__).parents[1]),
        "MLFLOW_DISABLE_TELEMETRY": "true",
    }
    with log.open("wb") as told:
        process = subprocess.Popen(
            [*command, "--host", "127.0.0.1", "--port", str(port), "--workers", "1"],
            env=environment, stdout=told, stderr=subprocess.STDOUT, start_new_session=True,
        )  # fmt: skip
    try:
        _wait_for(f"http://127.0.0.1:{port}/ping", process, log)
        yield f"http://127.0.0.1:{port}/invocations"
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGTERM)
        process.wait(timeout=60)


def _wait_for(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    for _ in range(600):
        assert process.poll() is None, log.read_text()
        try:
            with urllib.request.urlopen(url, timeout=5):
                return
        except OSError:
            time.sleep(0.2)
    pytest.fail(log.read_text())


def _ask(url: str, content: dict[str, Any]) -> dict[str, Any]:
    request = urllib.request.Request(url, json.dumps(content).encode(), {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=60) as answer:
        return json.load(answer)


@pytest.mark.slow
def test_a_served_release_answers_over_http_as_icp_score_does(server, expected):
    frame = pd.DataFrame(ROWS, columns=HEADER)
    for content in ({"dataframe_split": frame.to_dict("split")}, {"dataframe_records": frame.to_dict("records")}):
        assert _ask(server, content)["predictions"] == expected
    typed = [{"account_id": 7, "Headcount": 100, "industry": "saas", "RevOps?": True, "tech_stack": ["zendesk"]}]
    (scored,) = _ask(server, {"dataframe_records": typed})["predictions"]
    assert (scored["account_id"], scored["icp_score"], scored["segment"]) == ("7", 77, "S1")


@pytest.mark.slow
def test_a_served_release_says_which_column_is_missing(server):
    with pytest.raises(urllib.error.HTTPError) as err:
        _ask(server, {"dataframe_records": [{"Account ID": "a1"}]})
    assert err.value.code == 400
    assert "missing: 'employee_count' (or 'Headcount')" in json.loads(err.value.read())["message"]
