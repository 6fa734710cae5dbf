"""What the command line promises: help everywhere, exit statuses, one clear message and no traceback."""

from __future__ import annotations

import csv
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from icp_ml.errors import DataError
from pipelines import cli, command_group

COMMANDS = (
    "init", "validate", "discover", "train", "score", "explain", "export", "review", "compare", "promote", "sample",
    "ui",
)  # fmt: skip
RUNNER = CliRunner()


def _icp(*arguments: str, cwd: Path | None = None, code: str = "") -> subprocess.CompletedProcess[str]:
    """Run the command as a user does: in a process of its own."""
    program = f"{code}\nfrom pipelines.cli import main\nmain()"
    environment = {**os.environ, "PYTHONPATH": str(Path(cli.__file__).parents[1])}
    return subprocess.run(
        [sys.executable, "-c", program, *arguments],
        cwd=cwd,
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
    )


def test_every_command_of_the_contract_is_there_and_nothing_else() -> None:
    page = RUNNER.invoke(cli.app, ["--help"]).output
    listed = [line.split()[0] for line in page.split("Commands:")[1].strip().splitlines()]
    assert tuple(listed) == COMMANDS


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help_that_describes_each_option(command: str) -> None:
    done = RUNNER.invoke(cli.app, [command, "--help"])
    assert done.exit_code == 0
    options = [line for line in done.output.split("Options:")[1].splitlines() if line.strip().startswith("-")]
    assert options
    for line in options:
        assert len(line.split("  ")) > 2, f"{command}: {line.strip()} is not described"


def test_help_imports_nothing_heavy() -> None:
    heavy = ("pandas", "numpy", "mlflow", "duckdb", "xgboost", "pydantic", "rich", "jinja2")
    code = f"import atexit, sys; atexit.register(lambda: print([m for m in {heavy!r} if m in sys.modules]))"
    done = _icp("--help", code=code)
    assert done.returncode == 0
    assert done.stdout.strip().endswith("[]")


def test_the_version_is_that_of_the_package() -> None:
    from importlib.metadata import version

    assert RUNNER.invoke(cli.app, ["--version"]).output.strip() == f"icp-ml {version('icp-ml')}"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["discover"], "Missing argument 'CONFIG'"),
        (["discovr"], "No such command 'discovr'"),
        (["discover", "a.yaml", "--nothing"], "No such option"),
        (["sample", "x", "--accounts", "many"], "Invalid value for '--accounts'"),
        (["discover", "nowhere.yaml"], "there is no config nowhere.yaml"),
        (["validate", "nowhere.yaml"], "'icp init FOLDER --out nowhere.yaml'"),
        (["validate", "."], "is a folder and a config is a YAML file"),
        (["score", "a.csv", "--release", "nowhere", "--out", "b.csv"], "nowhere"),
        (["explain", "a1", "--release", "champion"], "champion"),
        (["sample", "x", "--accounts", "3"], "at least 50 accounts; found 3"),
        (["ui"], "there is no MLflow store"),
        (["ui", "nowhere.yaml"], "there is no config nowhere.yaml"),
    ],
)
def test_what_the_user_must_mend_is_one_message_and_exit_status_2(
    arguments: list[str], said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    done = RUNNER.invoke(cli.app, arguments)
    assert done.exit_code == 2
    assert said in done.stderr
    assert "Traceback" not in done.output
    assert done.stdout == ""


def test_an_expected_error_shows_no_traceback_and_a_bug_keeps_it(tmp_path: Path) -> None:
    fail = "import icp_ml.sample.writing as w\ndef fail(*a, **k): raise {}\nw.write_sample = fail"
    expected = _icp("sample", "x", cwd=tmp_path, code=fail.format("__import__('icp_ml.errors').errors.DataError('no')"))
    assert (expected.returncode, expected.stdout, expected.stderr) == (2, "", "icp: no\n")
    bug = _icp("sample", "x", cwd=tmp_path, code=fail.format("RuntimeError('a bug')"))
    assert bug.returncode == 1
    assert "Traceback" in bug.stderr
    assert bug.stderr.rstrip().endswith("RuntimeError: a bug")


def test_a_stop_from_the_keyboard_exits_130_and_says_that_nothing_is_half_written(tmp_path: Path) -> None:
    stop = "import icp_ml.sample.writing as w\ndef stop(*a, **k): raise KeyboardInterrupt\nw.write_sample = stop"
    done = _icp("sample", "x", cwd=tmp_path, code=stop)
    assert done.returncode == 130
    assert "whole or not at all" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.skipif(sys.platform == "win32", reason="a process is ended without a signal there")
def test_a_request_to_end_cleans_up_like_a_stop_from_the_keyboard(tmp_path: Path) -> None:
    stop = (
        "import os, signal, time\nimport icp_ml.sample.writing as w\n"
        "def stop(*a, **k):\n    os.kill(os.getpid(), signal.SIGTERM)\n    time.sleep(5)\n"
        "w.write_sample = stop"
    )
    done = _icp("sample", "x", cwd=tmp_path, code=stop)
    assert done.returncode == 130
    assert "whole or not at all" in done.stderr


def test_sample_says_what_to_do_next_and_quiet_says_nothing(tmp_path: Path) -> None:
    told = RUNNER.invoke(cli.app, ["sample", str(tmp_path / "a"), "--accounts", "60"])
    assert told.exit_code == 0
    assert f"icp init {tmp_path / 'a'} --out icp.yaml" in told.stdout
    silent = RUNNER.invoke(cli.app, ["sample", str(tmp_path / "b"), "--accounts", "60", "--quiet"])
    assert (silent.exit_code, silent.output) == (0, "")
    assert (tmp_path / "a" / "accounts.csv").read_bytes() == (tmp_path / "b" / "accounts.csv").read_bytes()


def _config(folder: Path, tables: dict[str, str], attributes: str = "  size: {type: number}\n") -> Path:
    folder.mkdir(exist_ok=True)
    for name, text in tables.items():
        (folder / f"{name}.csv").write_text(text)
    (folder / "icp.yaml").write_text(f"name: acme\nsource: {{folder: .}}\nattributes:\n{attributes}")
    return folder / "icp.yaml"


ACCOUNTS = "account_id,size\na1,10\na2,20\n"
DEALS = "opportunity_id,account_id,created_at,closed_at,outcome\no1,a1,2025-01-01,2025-02-01,won\n"


def test_validate_prints_the_date_and_the_tables(tmp_path: Path) -> None:
    done = RUNNER.invoke(cli.app, ["validate", str(_config(tmp_path, {"accounts": ACCOUNTS, "opportunities": DEALS}))])
    assert done.exit_code == 0
    assert done.stdout.startswith("Data as of 2025-02-01 (the latest date in the data)\n")
    assert "accounts: 2 rows" in done.stdout


def test_validate_lists_what_stops_a_run_and_exits_2(tmp_path: Path) -> None:
    twice = DEALS + "o1,a2,2025-01-01,2025-02-01,maybe\n"
    config = str(_config(tmp_path, {"accounts": ACCOUNTS, "opportunities": twice}))
    done = RUNNER.invoke(cli.app, ["validate", config])
    assert done.exit_code == 2
    assert "o1" in done.stderr
    assert "maybe" in done.stderr
    as_json = RUNNER.invoke(cli.app, ["validate", config, "--json"])
    assert as_json.exit_code == 2
    document = json.loads(as_json.stdout)
    assert document["ok"] is False
    assert {i["level"] for i in document["issues"]} >= {"stop"}
    assert "o1" in as_json.stderr
    assert "maybe" in as_json.stderr


def test_set_overrides_a_key_of_the_config(tmp_path: Path) -> None:
    config = str(_config(tmp_path, {"accounts": ACCOUNTS, "opportunities": DEALS}))
    done = RUNNER.invoke(cli.app, ["validate", config, "--set", "as_of=2025-03-01", "--json"])
    assert json.loads(done.stdout)["as_of"] == "2025-03-01"
    wrong = RUNNER.invoke(cli.app, ["validate", config, "--set", "seeed=1"])
    assert wrong.exit_code == 2
    assert "seeed" in wrong.stderr
    assert "did you mean 'seed'" in wrong.stderr


def test_discover_refuses_to_overwrite_what_is_no_release_before_it_starts(tmp_path: Path) -> None:
    config = _config(tmp_path / "crm", {"accounts": ACCOUNTS, "opportunities": DEALS})
    done = RUNNER.invoke(cli.app, ["discover", str(config), "--out", str(tmp_path / "crm")])
    assert done.exit_code == 2
    assert "nothing was overwritten" in done.stderr


def test_a_previous_release_that_is_not_there_is_an_error_and_none_is_not(tmp_path: Path) -> None:
    config = _config(tmp_path / "crm", {"accounts": ACCOUNTS, "opportunities": DEALS})
    done = RUNNER.invoke(cli.app, ["discover", str(config), "--previous", str(tmp_path / "gone")])
    assert done.exit_code == 2
    assert "gone" in done.stderr


def test_a_sample_never_overwrites_tables_of_somebodys_own(tmp_path: Path) -> None:
    _config(tmp_path, {"accounts": ACCOUNTS})
    done = RUNNER.invoke(cli.app, ["sample", str(tmp_path), "--accounts", "60"])
    assert done.exit_code == 2
    assert "holds accounts.csv and no truth.json" in done.stderr
    assert (tmp_path / "accounts.csv").read_text() == ACCOUNTS


def test_a_sample_replaces_an_earlier_one(tmp_path: Path) -> None:
    for seed in ("1", "2"):
        assert RUNNER.invoke(cli.app, ["sample", str(tmp_path), "--accounts", "60", "--seed", seed]).exit_code == 0


@pytest.mark.parametrize(
    ("out", "said"), [(".", "must name the config file to write"), ("accounts.csv/icp.yaml", "is a file, not a folder")]
)
def test_a_draft_that_cannot_be_written_says_so(tmp_path: Path, out: str, said: str) -> None:
    _config(tmp_path, {"accounts": ACCOUNTS, "opportunities": DEALS})
    done = RUNNER.invoke(cli.app, ["init", str(tmp_path), "--out", str(tmp_path / out), "--force"])
    assert done.exit_code == 2
    assert said in done.stderr
    assert "Traceback" not in done.output


def test_an_expected_error_of_the_library_is_an_icp_error() -> None:
    assert issubclass(DataError, command_group.IcpError)


def test_accounts_are_scored_without_models_where_that_is_asked(tmp_path: Path) -> None:
    frozen = Path(__file__).parents[1] / "fixtures" / "releases" / "1.0"
    command = ["score", str(frozen / "accounts.csv"), "--release", str(frozen / "release"), "--json", "--quiet"]
    done = [_icp(*command, "--out", f"{n}.csv", *more, cwd=tmp_path) for n, more in enumerate([[], ["--no-models"]])]
    assert [d.returncode for d in done] == [0, 0]
    assert [json.loads(d.stdout)["tiers"] for d in done] == [{"green": 4, "yellow": 45, "red": 15}] * 2
    texts = [(tmp_path / name).read_text(encoding="utf-8") for name in ("0.csv", "1.csv")]
    full, bare = (list(csv.DictReader(text.splitlines())) for text in texts)
    assert {row["p_win"] for row in bare} == {row["p_churn"] for row in bare} == {""}
    assert bare == [{**row, "p_win": "", "p_churn": ""} for row in full]
    assert "" not in {row["p_win"] for row in full}
