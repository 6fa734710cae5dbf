"""``icp compare``: releases in, the answer on the terminal, as a page and as an MLflow run out."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import typer
from rich.console import Console

from icp_ml.cohort.build import build_cohort
from icp_ml.comparison.comparing import Entry, Pair, compare_releases
from icp_ml.comparison.population import Population
from icp_ml.config.economics import kept_economics
from icp_ml.config.loading import config_folder
from icp_ml.config.schema import Economics
from icp_ml.errors import ConfigError, DataError
from icp_ml.release.files import written_aside
from icp_ml.release.folder import Release, is_release
from icp_ml.release.kept_cohort import kept_cohort
from icp_ml.report.comparison import comparison_note, told_comparison
from icp_ml.report.comparison_html import html_comparison
from icp_ml.report.comparison_terminal import print_comparison
from icp_ml.tables.reading import read_tables
from icp_ml.tracking.comparisons import ComparisonRecord, fetch_release, flat_metrics, runs_of, track_comparison
from icp_ml.tracking.recording import TrackedRun
from icp_ml.tracking.stores import sqlite_file
from pipelines.locations import MODELS, find_release, read_config
from pipelines.progress import Stages
from pipelines.run_facts import ARTIFACTS, store
from pipelines.stores import kept_store

STAGES = ("releases", "accounts", "compare", "mlflow")
_RUN = re.compile(r"^(?:runs:/)?(?P<id>[0-9a-f]{32})/?$")
_DEFAULT_STORE = "mlflow.db"


@dataclass(frozen=True)
class _Later:
    """Accounts to judge on, and the economics that go with them."""

    accounts: Population | None = None
    economics: Economics | None = None


def compare(
    wanted: Sequence[str],
    out: Path | None = None,
    on: str | None = None,
    config: Path | None = None,
    track: bool = True,
    as_json: bool = False,
    quiet: bool = False,
) -> None:
    """Compare releases with the first of them.

    Parameters
    ----------
    wanted : sequence of str
        Two or more of: a folder, a release id, ``champion``, an MLflow run.
    out : Path, optional
        The page; ``models/<name>/comparisons`` under the current folder if not given.
    on : str, optional
        A config or a release whose accounts reach further.
    config : Path, optional
        Config whose MLflow store to use, not the releases' own.
    track : bool
        Whether to record the comparison in MLflow.
    as_json, quiet : bool
        Print JSON instead of words; print nothing.

    Raises
    ------
    IcpError
        If a release, the tables or the store need mending. A page that was written stays.
    """
    if len(wanted) < 2:
        raise ConfigError("icp compare needs two releases or more: icp compare A B")
    stages = Stages(STAGES, quiet=quiet or as_json)
    with TemporaryDirectory() as scratch:
        with stages.stage("releases"):
            entries = [_entry(one, Path(scratch) / str(place), wanted, config) for place, one in enumerate(wanted)]
        with stages.stage("accounts"):
            later = _later(on, entries[0])
        with stages.stage("compare"):
            pairs = compare_releases(entries, later.accounts, later.economics)
            told = told_comparison(entries, pairs)
            page = _write(out or _default_page(told), html_comparison(told))
        telling = _Telling(told, page, as_json, quiet)
        run = None
        try:
            if track:
                with stages.stage("mlflow"):
                    run = _track(told, entries, pairs, page, config)
        finally:
            # The comparison is worth telling of even where MLflow could not be written; the error says so.
            telling.tell(run, track)


def _entry(wanted: str, scratch: Path, others: Sequence[str], config: Path | None) -> Entry:
    """Read one release, from its folder or from its run."""
    found = _RUN.match(wanted)
    if found and _is_run(wanted):
        release = Release.load(fetch_release(_store_of_runs(others, config), found["id"], _made(scratch)))
    else:
        release = find_release(wanted)
    return Entry.of(release, wanted, kept_economics(release.folder / "config.yaml"))


def _is_run(wanted: str) -> bool:
    return _RUN.match(wanted) is not None and not Path(wanted).exists()


def _made(folder: Path) -> Path:
    folder.mkdir(parents=True)
    return folder


def _store_of_runs(others: Sequence[str], config: Path | None) -> str:
    """Return where runs are looked for: the config's store, another release's, else the one in this folder."""
    if config is not None:
        return store(read_config(config), config)[0]
    for other in others:
        if not _is_run(other) and (uri := kept_store(find_release(other).folder, None)):
            return uri
    here = Path.cwd() / _DEFAULT_STORE
    if not here.exists():
        raise DataError(
            f"an MLflow run is looked for in the config's store, or in {_DEFAULT_STORE} of this folder, and there is "
            "none; say which store with --config CONFIG"
        )
    return f"sqlite:///{here.as_posix()}"


def _later(on: str | None, first: Entry) -> _Later:
    """Read the accounts that --on names."""
    if on is None:
        return _Later()
    if not Path(on).is_file():
        release = find_release(on)
        _check_company(on, release.criteria["name"], first)
        kept = Population(kept_cohort(release).cohort, release.attributes, f"release {release.id}")
        return _Later(kept, kept_economics(release.folder / "config.yaml"))
    path = Path(on)
    config = read_config(path)
    _check_company(on, config.name, first)
    cohort = build_cohort(read_tables(config, config_folder(path)), config)
    return _Later(Population(cohort, config.attributes, f"the tables of {path.name}"), config.economics)


def _check_company(on: str, name: str, first: Entry) -> None:
    if name != first.release.criteria["name"]:
        raise DataError(
            f"--on {on} is of {name!r}, and the releases are of {first.release.criteria['name']!r}; give later "
            "accounts of the same company"
        )


def _default_page(told: Mapping[str, Any]) -> Path:
    first, *others = (_file_name(release["id"]) for release in told["releases"])
    return MODELS / _file_name(told["name"]) / "comparisons" / f"{first}_against_{'_'.join(others)}.html"


def _file_name(text: str) -> str:
    return re.sub(r"[^\w-]", "_", text)[:60]


def _write(path: Path, page: str) -> Path:
    if path.is_dir() or is_release(path.parent):
        raise DataError(f"--out {path} must name a file, and not one inside a release")
    path.parent.mkdir(parents=True, exist_ok=True)
    with written_aside(path) as aside:
        aside.write_text(page, encoding="utf-8")
    return path


def _track(
    told: Mapping[str, Any], entries: Sequence[Entry], pairs: Sequence[Pair], page: Path, config: Path | None
) -> TrackedRun | None:
    """Record the comparison where the releases were recorded; None where none was."""
    ids = {r["letter"]: r["id"] for r in told["releases"]}
    if config is not None:
        uri: str | None = store(read_config(config), config)[0]
    else:
        uri = next((found for e in reversed(entries) if (found := _recorded_in(e, entries))), None)
    if uri is None:
        return None
    runs = runs_of(uri, ids.values())
    experiment = next((name for _, name in runs.values()), f"icp-{told['name']}")
    file = sqlite_file(uri)
    record = ComparisonRecord(
        told["name"],
        ids,
        {letter: runs[release][0] for letter, release in ids.items() if release in runs},
        comparison_note(told),
        flat_metrics(told),
        page,
        {pair["b"]: pair["verdict"]["answer"] for pair in told["pairs"]},
    )
    return track_comparison(record, uri, experiment, (file.parent if file else Path.cwd()) / ARTIFACTS)


def _recorded_in(entry: Entry, entries: Sequence[Entry]) -> str | None:
    """Return the store a release was recorded in; one that came from a run, that of the run."""
    if _is_run(entry.asked):
        return _store_of_runs([e.asked for e in entries], None)
    return kept_store(entry.release.folder, None)


class _Telling:
    """Says what came out: in words for people, as JSON for a script."""

    def __init__(self, told: Mapping[str, Any], page: Path, as_json: bool, quiet: bool) -> None:
        self.told, self.page, self.as_json, self.quiet = told, page, as_json, quiet

    def tell(self, run: TrackedRun | None, asked: bool) -> None:
        if self.as_json:
            place = None if run is None else {"uri": run.uri, "experiment": run.experiment, "run_id": run.run_id}
            typer.echo(json.dumps({**self.told, "page": str(self.page), "mlflow": place}, indent=2, ensure_ascii=False))
        elif not self.quiet:
            places = {"Page": str(self.page)}
            if run is not None:
                places["MLflow run"] = f"{run.run_id} in experiment {run.experiment} at {run.uri}"
            elif asked:
                places["MLflow run"] = "none, since none of these releases was recorded in a store that is still there"
            if any(pair["decision"]["grounds"] == "no_later" for pair in self.told["pairs"]):
                places["To judge on later accounts"] = "the same command with --on CONFIG, whose tables reach further"
            print_comparison(self.told, Console(), places)
