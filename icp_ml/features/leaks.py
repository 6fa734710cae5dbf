"""The hunt for leaks: attributes that were probably recorded after what they are meant to foretell.

A suspect is set aside by name, with the evidence; ``trust: true`` in the config overrules. Method, section 1. Honest
strong attributes pass: being missing more often for lost accounts, or an AUC of 0.85, accuses nobody.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from icp_ml.cohort.cohort import Cohort
from icp_ml.config.schema import Attribute, Config
from icp_ml.features.leaks_calendar import find_date_number
from icp_ml.features.leaks_changes import among_recorded_later, find_changes, recorded_later
from icp_ml.features.leaks_dates import find_date_text, find_in_step
from icp_ml.features.leaks_identifiers import find_identifier
from icp_ml.features.leaks_levels import find_telling_levels, find_telling_tag
from icp_ml.features.leaks_outcomes import Contrast, Finding, contrasts
from icp_ml.features.leaks_presence import find_presence
from icp_ml.features.leaks_strength import auc_strength, find_strength, measure_strengths
from icp_ml.features.leaks_words import find_status_texts, find_status_words
from icp_ml.features.leaks_writing import find_writing
from icp_ml.tables.tables import Tables

_BY_NOW = "_by_now"
_RARE_TAG = 0.02
_REASONS = 2
_KINDS = {
    "filled_after": "filled in after the outcome",
    "changes_after": "changes after the outcome",
    "implausible_strength": "predicts too well",
    "copy_of_outcome": "a copy of the outcome",
    "status_like": "a status",
    "written_differently": "written differently by outcome",
    "identifier": "a near-identifier",
    "date": "a date or a length of time in disguise",
}


@dataclass(frozen=True)
class Suspect:
    """An attribute that was probably recorded after the outcome.

    Parameters
    ----------
    attribute : str
        Its name.
    reasons : tuple of str
        At most two plain clauses with their figures.
    evidence : dict
        The figures, one entry a kind of leak, JSON-ready.
    overruled : bool
        Whether ``trust: true`` keeps it in use.
    """

    attribute: str
    reasons: tuple[str, ...]
    evidence: dict[str, Any]
    overruled: bool

    @property
    def kind(self) -> str:
        """What kind of leak the first reason speaks of, in a few words."""
        return _KINDS[next(iter(self.evidence)).removesuffix(_BY_NOW)]

    @property
    def text(self) -> str:
        """What a reader is told, one or two sentences."""
        why = "; ".join(self.reasons)
        key = f"attributes.{self.attribute}.trust"
        if self.overruled:
            looks = f"{self.attribute} looks like a leak ({self.kind}: {why})"
            return f"{looks}, and is used all the same because {key} is true."
        return f"{self.attribute} was set aside ({self.kind}): {why}. If it is known before the sale, set {key}: true."


@dataclass(frozen=True)
class LeakReport:
    """What the hunt found.

    Parameters
    ----------
    suspects : tuple of Suspect
        In the order of the config.
    examined : tuple of str
        Every attribute that is not ignored.
    """

    suspects: tuple[Suspect, ...]
    examined: tuple[str, ...]

    @property
    def usable(self) -> list[str]:
        """Names of the attributes that may be used: not ignored, and not suspect unless trusted."""
        aside = {s.attribute for s in self.suspects if not s.overruled}
        return [name for name in self.examined if name not in aside]


def find_leaks(cohort: Cohort, tables: Tables, config: Config) -> LeakReport:
    """Examine every attribute that the config does not ignore.

    Parameters
    ----------
    cohort : Cohort
        One row an account.
    tables : Tables
        For accounts recorded over time (``observed_at``).
    config : Config
        Declares the attributes; its seed fixes the folds.

    Returns
    -------
    LeakReport
        Suspects with their reasons, and what may be used.
    """
    sides = contrasts(cohort)
    examined = tuple(n for n, a in config.attributes.items() if a.use != "ignore" and n in cohort.attributes.columns)
    over_time = "observed_at" in tables.accounts.columns
    suspects = []
    for name in examined:
        spec = config.attributes[name]
        found = _examine(name, spec, cohort, sides, config.seed)
        if over_time and name in tables.accounts.columns:
            found += _examine_over_time(name, spec, cohort, tables.accounts, sides, config.seed)
        if found:
            suspects.append(_suspect(name, found, spec.trust))
    return LeakReport(tuple(suspects), examined)


def _examine(name: str, spec: Attribute, cohort: Cohort, sides: tuple[Contrast, ...], seed: int) -> list[Finding]:
    """Return everything that speaks against one attribute as known at the decision."""
    column = cohort.attributes[name]
    return [
        *find_presence(_filled(column, spec.type), sides),
        *_against_dates(column, spec.type, cohort, seed),
        *find_identifier(column, spec.type),
        *_against_values(name, spec.type, column, sides, seed),
    ]


def _against_dates(column: pd.Series, kind: str, cohort: Cohort, seed: int) -> list[Finding]:
    """Return whether the values are dates, or lengths of time, in whatever guise."""
    return [
        *find_date_text(column, kind, cohort),
        *find_date_number(column, kind, cohort),
        *find_in_step(column, kind, cohort, seed),
    ]


def _against_values(name: str, kind: str, column: pd.Series, sides: tuple[Contrast, ...], seed: int) -> list[Finding]:
    """Return what the values themselves give away."""
    if kind == "tags":
        return _against_tags(column, sides)
    strengths = measure_strengths(column, kind, sides, seed)
    return [
        *find_strength(strengths, sides, kind),
        *find_telling_levels(column, kind, sides, seed),
        *find_status_words(name, column, kind, strengths, sides),
        *find_status_texts(column, kind, sides),
        *find_writing(column, kind, sides),
    ]


def _examine_over_time(
    name: str, spec: Attribute, cohort: Cohort, accounts: pd.DataFrame, sides: tuple[Contrast, ...], seed: int
) -> list[Finding]:
    """Return what speaks against the value known last, which new accounts are scored by."""
    column = cohort.latest[name]
    if column.equals(cohort.attributes[name]):
        return []
    now = among_recorded_later(sides, recorded_later(accounts, cohort))
    found = [
        *find_presence(_filled(column, spec.type), now),
        *_against_dates(column, spec.type, cohort, seed),
        *_against_values(name, spec.type, column, now, seed),
    ]
    found = [Finding(f"{f.code}{_BY_NOW}", f"by its latest value, {f.sentence}", f.figures) for f in found]
    return found + (find_changes(name, spec.type, accounts, cohort, sides, seed) if spec.type != "tags" else [])


def _filled(column: pd.Series, kind: str) -> np.ndarray:
    """Return which accounts have a value, or any tag."""
    if kind == "tags":
        return np.array([isinstance(v, tuple) and bool(v) for v in column], dtype=bool)
    return column.notna().to_numpy(dtype=bool)


def _against_tags(column: pd.Series, sides: tuple[Contrast, ...]) -> list[Finding]:
    """Return what speaks against one of the tags."""
    rows = [v if isinstance(v, tuple) else () for v in column]
    flat = pd.Series([t for v in rows for t in set(v)], dtype=object)
    shares = flat.value_counts() / max(len(rows), 1)
    found = []
    for tag in sorted(shares.index[shares >= _RARE_TAG]):
        has = np.array([tag in v for v in rows], dtype=bool)
        strengths = {s.name: auc_strength(has[s.rows].astype(float), s.positive) for s in sides}
        found += [
            Finding(f.code, f"with the tag {tag!r}, {f.sentence}", {**f.figures, "tag": tag})
            for f in find_strength(strengths, sides, "tags")
        ]
        found += find_telling_tag(has, tag, sides)
    return found


def _suspect(name: str, found: list[Finding], trust: bool) -> Suspect:
    """Keep the first finding of each kind as evidence and the first two as reasons: a reader needs no more."""
    kinds: dict[str, Finding] = {}
    for finding in found:
        kinds.setdefault(finding.code, finding)
    reasons = tuple(f.sentence for f in kinds.values())[:_REASONS]
    return Suspect(name, reasons, {code: f.figures for code, f in kinds.items()}, trust)
