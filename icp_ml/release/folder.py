"""A release folder: written whole or not at all, and read back. Contract, section 4."""

from __future__ import annotations

import hashlib
import itertools
import json
import shutil
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from icp_ml.config.schema import Attribute
from icp_ml.errors import DataError
from icp_ml.release.active import active_document
from icp_ml.release.document import attributes_from
from icp_ml.release.files import folder_aside, old_of
from icp_ml.release.frames import scores_table
from icp_ml.release.json_text import to_json_bytes
from icp_ml.release.parts import ReleaseParts
from icp_ml.release.people import csv_text
from icp_ml.release.rules import ActiveRules, SegmentRules
from icp_ml.release.validation import validate_document, validate_segments

if TYPE_CHECKING:
    from icp_ml.drift.reference import Reference
    from icp_ml.models.types import Predictor

CRITERIA, SEGMENTS, TERRITORIES, BOOSTERS = "criteria.json", "segments.json", "territories.json", "boosters"
SCORED, COHORT, ATTRIBUTES = "accounts_scored.parquet", "cohort.parquet", "attributes.parquet"
SIGNALS = "signals.parquet"
HOLDOUT, REFERENCE, SEGMENTS_MAP = "holdout.parquet", "population.json", "segments_map.json"
AT_RISK, EARLY_LIFE = "customers_at_risk.csv", "early_life.json"
CHECKS, METRICS, CONFIG = "checks.json", "metrics.json", "config.yaml"
ACCOUNTS, REPORT, MEMO, MEMO_PAGE = "accounts.csv", "report.html", "memo.md", "memo.html"
DECISIONS = "decisions.jsonl"


@dataclass(frozen=True)
class Release:
    """A release as read back from its folder.

    Parameters
    ----------
    folder : Path
        Where it is.
    criteria, segments : dict
        Content of ``criteria.json`` (checked against the schema) and ``segments.json``.
    """

    folder: Path
    criteria: dict[str, Any]
    segments: dict[str, Any]

    @classmethod
    def load(cls, folder: Path) -> Release:
        """Read a release.

        Raises
        ------
        DataError
            If there is none, a file is missing or unreadable, or ``criteria.json`` does not keep to its schema.
        """
        if not folder.is_dir():
            raise DataError(f"{folder}: {_nothing_there(folder)}")
        if not is_release(folder):
            raise DataError(f"{folder} is not a release: it has no {CRITERIA}; give a folder that 'icp discover' wrote")
        criteria = read_json(folder / CRITERIA)
        validate_document(criteria, str(folder / CRITERIA))
        segments = read_json(folder / SEGMENTS)
        validate_segments(segments, str(folder / SEGMENTS))
        return cls(folder, criteria, segments)

    def with_accepted_only(self) -> Release:
        """Return the release as if only the rules that a person has decided on were in it."""
        return replace(self, criteria=active_document(self.criteria, accepted_only=True))

    @property
    def id(self) -> str:
        """Release id."""
        return str(self.criteria["release_id"])

    @cached_property
    def rules(self) -> ActiveRules:
        """What turns attributes into score, tier, matched ids and reasons."""
        return ActiveRules.from_document(self.criteria)

    @cached_property
    def segment_rules(self) -> SegmentRules:
        """What assigns accounts to segments."""
        return SegmentRules.from_document(self.segments)

    @cached_property
    def attributes(self) -> dict[str, Attribute]:
        """The release's attributes by standard name."""
        return attributes_from(self.criteria)

    @cached_property
    def predictors(self) -> dict[str, Predictor]:
        """The release's models by outcome, ``win``, ``churn``, ``early_churn``; one it does not have is not there."""
        # The boosters' library is slow to load and not needed for rules.
        from icp_ml.models.storage import load_predictors

        boosters = self.folder / BOOSTERS
        return dict(load_predictors(boosters)) if boosters.is_dir() else {}

    @cached_property
    def reference(self) -> Reference | None:
        """What later accounts are compared with; None for a release of before there was one."""
        # Its comparisons load scipy, which rules do not need.
        from icp_ml.drift.reference import Reference

        path = self.folder / REFERENCE
        return Reference.from_state(read_json(path)) if path.is_file() else None

    @cached_property
    def segments_map(self) -> dict[str, Any] | None:
        """Accounts in two dimensions; None for a release of before there was a map."""
        path = self.folder / SEGMENTS_MAP
        found: dict[str, Any] | None = read_json(path) if path.is_file() else None
        return found

    def table(self, name: str, account_id: str | None = None) -> pa.Table:
        """Read one of the release's Parquet files, all of it or one account's rows.

        Raises
        ------
        DataError
            If the file is missing or unreadable.
        """
        path = self.folder / name
        wanted = None if account_id is None else [("account_id", "==", account_id)]
        try:
            return pq.read_table(path, filters=wanted, partitioning=None)
        except FileNotFoundError as err:
            raise DataError(f"release {self.folder} lacks {name}; run 'icp discover' again") from err
        except pa.ArrowInvalid as err:
            raise DataError(f"{path} is not readable as Parquet ({err}); run 'icp discover' again") from err


def is_release(folder: Path) -> bool:
    """Return whether a folder holds a release."""
    return (folder / CRITERIA).is_file()


def write_release(folder: Path, parts: ReleaseParts) -> Path:
    """Write a release folder, whole or not at all.

    A folder that stands there is replaced if it is a release or empty, and left alone otherwise.

    Raises
    ------
    DataError
        If the folder holds something else, or ``criteria.json`` would break its schema.
    """
    check_replaceable(folder)
    validate_document(parts.criteria)
    validate_segments(parts.segments)
    with folder_aside(folder) as aside:
        for name, content in _contents(parts).items():
            (aside / name).write_bytes(content)
        pq.write_table(scores_table(parts.scored), aside / SCORED)
        pq.write_table(parts.cohort, aside / COHORT)
        pq.write_table(parts.attributes, aside / ATTRIBUTES)
        if parts.signals is not None:
            pq.write_table(parts.signals, aside / SIGNALS)
        if parts.reference is not None:
            (aside / REFERENCE).write_bytes(to_json_bytes(parts.reference))
        if parts.holdout is not None:
            pq.write_table(parts.holdout, aside / HOLDOUT)
        (aside / BOOSTERS).mkdir()
        if parts.write_boosters is not None:
            parts.write_boosters(aside / BOOSTERS)
    return folder


def rewrite_release(folder: Path, contents: Mapping[str, bytes], scored: pd.DataFrame) -> Path:
    """Write some of a release's files anew, the others kept as they are: all of it or nothing.

    Parameters
    ----------
    folder : Path
        A release.
    contents : mapping of str to bytes
        File name to new content; ``criteria.json`` among it.
    scored : DataFrame
        Columns of ``icp score``, one row an account.

    Raises
    ------
    DataError
        If ``criteria.json`` would break its schema, or the folder cannot be written.
    """
    validate_document(json.loads(contents[CRITERIA]))
    with folder_aside(folder) as aside:
        shutil.copytree(folder, aside, dirs_exist_ok=True)
        for name, content in contents.items():
            (aside / name).write_bytes(content)
        pq.write_table(scores_table(scored), aside / SCORED)
    return folder


def check_replaceable(folder: Path) -> None:
    """Raise DataError if something other than a release would be overwritten; cheap, so ask before the work starts."""
    if folder.exists() and not folder.is_dir():
        raise DataError(f"{folder} is a file; a release is a folder, give another --out")
    if folder.is_dir() and any(folder.iterdir()) and not is_release(folder):
        found = ", ".join(sorted(p.name for p in folder.iterdir())[:5])
        raise DataError(
            f"{folder} is not empty and not a release (it holds {found}); give another --out, nothing was overwritten"
        )


def read_json(path: Path) -> Any:
    """Read a JSON file.

    Raises
    ------
    DataError
        If it is missing or is not JSON.
    """
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as err:
        raise DataError(f"{path} is missing; the release is not whole, run 'icp discover' again") from err
    except (json.JSONDecodeError, UnicodeDecodeError) as err:
        raise DataError(f"{path} is not JSON: {err}") from err


def release_id(as_of: str, identity: Any) -> str:
    """Return a readable id: the as-of date and eight hex digits of what the release was made from.

    ``identity`` is JSON-ready: input fingerprints, resolved config, previous release.

    >>> release_id("2026-06-30", {"seed": 7})
    '2026-06-30-b84cc6a9'
    """
    return f"{as_of}-{hashlib.sha256(to_json_bytes(identity)).hexdigest()[:8]}"


def free_id(root: Path, wanted: str) -> str:
    """Return ``wanted``, or ``wanted-2``, ``wanted-3`` ... if ``root`` already holds such a release."""
    names = (wanted if number == 1 else f"{wanted}-{number}" for number in itertools.count(1))
    return next(name for name in names if not (root / name).exists())


def checksum(folder: Path) -> str:
    """Return the SHA-256 of what decides a score: criteria, segments and models."""
    return _sha256(folder, [folder / CRITERIA, folder / SEGMENTS, *_models(folder)])


def models_checksum(folder: Path) -> str:
    """Return the SHA-256 of the models alone, which a review of the rules leaves as they are."""
    return _sha256(folder, _models(folder))


def _models(folder: Path) -> list[Path]:
    return sorted((folder / BOOSTERS).rglob("*"))


def _sha256(folder: Path, files: Iterable[Path]) -> str:
    digest = hashlib.sha256()
    for path in files:
        if path.is_file():
            digest.update(path.relative_to(folder).as_posix().encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()


def _contents(parts: ReleaseParts) -> dict[str, bytes]:
    optional = {} if parts.territories is None else {TERRITORIES: to_json_bytes(parts.territories)}
    if parts.segments_map is not None:
        optional[SEGMENTS_MAP] = to_json_bytes(parts.segments_map)
    if parts.early_life is not None:
        optional[EARLY_LIFE] = to_json_bytes(parts.early_life)
    if parts.customers_at_risk is not None:
        optional[AT_RISK] = csv_text(parts.customers_at_risk).encode()
    return optional | {
        CRITERIA: to_json_bytes(parts.criteria),
        SEGMENTS: to_json_bytes(parts.segments),
        ACCOUNTS: csv_text(parts.accounts).encode(),
        CHECKS: to_json_bytes(parts.checks),
        METRICS: to_json_bytes(parts.metrics),
        CONFIG: parts.config_yaml.encode(),
        REPORT: parts.report_html.encode(),
        MEMO: parts.memo.encode(),
        MEMO_PAGE: parts.memo_html.encode(),
    }


def _nothing_there(folder: Path) -> str:
    if old_of(folder).is_dir():
        return f"a run was interrupted while it replaced this release; the previous one is whole at {old_of(folder)}"
    beside = sorted(p.name for p in folder.parent.iterdir() if is_release(p)) if folder.parent.is_dir() else []
    known = f"; beside it are {', '.join(beside[-5:])}" if beside else ""
    return f"there is no such release{known}; 'icp discover' writes one and says where"
