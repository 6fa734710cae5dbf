"""What a Spark worker does: a release's models on a batch of raw cells."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from functools import lru_cache
from pathlib import Path

import pandas as pd

from icp_ml.release.cells import score_cells
from icp_ml.release.folder import BOOSTERS, CRITERIA, SEGMENTS, Release

SCHEMA = "p_win double, p_churn double"
Files = tuple[tuple[str, bytes], ...]
_AT_ONCE = 50_000


def release_files(release: Release) -> Files:
    """Return the files that decide a score, by path inside the release: they travel to the workers."""
    inner = [release.folder / CRITERIA, release.folder / SEGMENTS, *sorted((release.folder / BOOSTERS).glob("*"))]
    return tuple((path.relative_to(release.folder).as_posix(), path.read_bytes()) for path in inner)


def forecaster(files: Files) -> Callable[[pd.DataFrame], pd.DataFrame]:
    """Return a function from raw cells, under standard names, to ``p_win`` and ``p_churn``."""

    def forecast(cells: pd.DataFrame) -> pd.DataFrame:
        numbered = cells.assign(account_id=range(len(cells)))
        return score_cells(numbered, loaded(files), allow_missing=True)[["p_win", "p_churn"]]

    return forecast


def gathered(batches: Iterable[pd.DataFrame], rows: int = _AT_ONCE) -> Iterator[pd.DataFrame]:
    """Yield larger batches, of at least ``rows`` but for the last: a batch costs a moment, whatever its size.

    Spark hands over a few thousand rows at once, as the file has them.
    """
    held: list[pd.DataFrame] = []
    for batch in batches:
        held.append(batch)
        if sum(map(len, held)) >= rows:
            yield pd.concat(held, ignore_index=True)
            held = []
    if held:
        yield pd.concat(held, ignore_index=True)


@lru_cache(maxsize=2)
def loaded(files: Files) -> Release:
    """Return the release of some files; read once in each worker."""
    with tempfile.TemporaryDirectory(prefix="icp-") as name:
        folder = Path(name)
        for path, content in files:
            (folder / path).parent.mkdir(exist_ok=True)
            (folder / path).write_bytes(content)
        release = _under_standard_names(Release.load(folder))
        release.predictors  # noqa: B018  # read while the files are there
        return release


def _under_standard_names(release: Release) -> Release:
    """Return the release as if its columns had no other names: one's source name may be another's standard name."""
    attributes = {name: {**entry, "column": name} for name, entry in release.criteria["attributes"].items()}
    columns = {"account_id": ["account_id"]}
    return replace(release, criteria={**release.criteria, "attributes": attributes, "columns": columns})
