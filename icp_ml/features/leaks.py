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
from icp_ml.features.leaks_changes import find_changes
from icp_ml.features.leaks_dates import find_date_text, find_identifier, find_in_step
from icp_ml.features.leaks_outcomes import Contrast, Finding, contrasts
from icp_ml.features.leaks_presence import find_presence
from icp_ml.features.leaks_strength import (
    auc_strength,
    find_pure_levels,
    find_strength,
    measure_strengths,
)
from icp_ml.features.leaks_words import find_status_words
from icp_ml.tables.tables import Tables

_RARE_TAG = 0.02
_REASONS = 2


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
    def text(self) -> str:
        """What a reader is told, one or two sentences."""
        why = "; ".join(self.reasons)
        key = f"attributes.{self.attribute}.trust"
        if self.overruled:
            return f"{self.attribute} looks like a leak ({why}), and is used all the same because {key} is true."
        return f"{self.attribute} was set aside: {why}. If it is known before the sale, set {key}: true."


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
    if spec.type == "tags":
        return _examine_tags(column, sides)
    strengths = measure_strengths(column, spec.type, sides, seed)
    return [
        *find_presence(column.notna().to_numpy(dtype=bool), sides),
        *find_date_text(column, spec.type, cohort),
        *find_identifier(column, spec.type),
        *find_in_step(column, spec.type, cohort, seed),
        *find_strength(strengths, sides),
        *(find_pure_levels(column, sides) if spec.type != "number" else ()),
        *find_status_words(name, column, spec.type, strengths, sides),
    ]


def _examine_over_time(
    name: str, spec: Attribute, cohort: Cohort, accounts: pd.DataFrame, sides: tuple[Contrast, ...], seed: int
) -> list[Finding]:
    """Return what speaks against the value known last, which new accounts are scored by."""
    column = cohort.latest[name]
    if spec.type == "tags":
        found = _examine_tags(column, sides)
    else:
        strengths = measure_strengths(column, spec.type, sides, seed)
        found = [*find_presence(column.notna().to_numpy(dtype=bool), sides), *find_strength(strengths, sides)]
    found = [Finding(f"{f.code}_by_now", f"by its latest value, {f.sentence}", f.figures) for f in found]
    return found + (find_changes(name, accounts, cohort, sides) if spec.type in ("category", "boolean") else [])


def _examine_tags(column: pd.Series, sides: tuple[Contrast, ...]) -> list[Finding]:
    """Return what speaks against having any tag, or against one of the tags."""
    rows = [v if isinstance(v, tuple) else () for v in column]
    found = find_presence(np.array([bool(v) for v in rows], dtype=bool), sides)
    flat = pd.Series([t for v in rows for t in set(v)], dtype=object)
    shares = flat.value_counts() / max(len(rows), 1)
    for tag in sorted(shares.index[shares >= _RARE_TAG]):
        has = np.array([tag in v for v in rows], dtype=bool)
        strengths = {s.name: auc_strength(has[s.rows].astype(float), s.positive) for s in sides}
        found += [
            Finding(f.code, f"with the tag {tag!r}, {f.sentence}", {**f.figures, "tag": tag})
            for f in find_strength(strengths, sides)
        ]
    return found


def _suspect(name: str, found: list[Finding], trust: bool) -> Suspect:
    """Keep the first finding of each kind as evidence and the first two as reasons: a reader needs no more."""
    kinds: dict[str, Finding] = {}
    for finding in found:
        kinds.setdefault(finding.code, finding)
    reasons = tuple(f.sentence for f in kinds.values())[:_REASONS]
    return Suspect(name, reasons, {code: f.figures for code, f in kinds.items()}, trust)
