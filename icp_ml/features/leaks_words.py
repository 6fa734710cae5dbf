"""Words that belong to the time after the sale, believed only where the figures agree."""

from __future__ import annotations

import dataclasses
import re

import numpy as np
import pandas as pd

from icp_ml.features.leaks_outcomes import Contrast, Finding
from icp_ml.features.leaks_presence import find_presence
from icp_ml.features.leaks_strength import Strength

_LEVEL = re.compile(
    r"""(churn(ed)? | cancel(l)?ed | terminated | lapsed | expired | renewed | won | lost | customer | client
    | (former|ex|past|lost|current|active|existing|paying|live)[ _-]?(customer|client) | closed[ _-]?(won|lost)
    | offboarded | onboarded | onboarding | at[ ]risk)""",
    re.IGNORECASE | re.VERBOSE,
)
# A product, a trial or a market can be active too, so these need stronger figures.
_AMBIGUOUS_LEVEL = re.compile(r"(active | inactive | closed | live)", re.IGNORECASE | re.VERBOSE)
_INSIDE = re.compile(
    r"""\b(churn(ed)? | cancel(l)?ed | terminated | lapsed | renew(ed|al) | customer | client | closed[ _-]?(won|lost)
    | off?boarded | onboarded | live[ ]since)\b""",
    re.IGNORECASE | re.VERBOSE,
)
_NAME = re.compile(
    r"""(^|[ _-])(churn(ed)? | cancel(l)?(ed|ation) | csm | renewal | renewed | offboarding | onboarding | onboarded
    | win[ _-]?back | (loss|lost)[ _-]?reason | won | closed[ _-]?(won|lost) | customer[ _-]?(since|for|health|status)
    | health[ _-]?score | lifecycle | nps | csat | contract[ _-]end | seats[ _-]used)($|[ _-])""",
    re.IGNORECASE | re.VERBOSE,
)
# These may be of another product, or counted before the sale.
_AMBIGUOUS_NAME = re.compile(
    r"""(^|[ _-])(tickets? | usage | logins? | licen[cs]es | invoices? | tenure
    | last[ _-](touch|activity|login|contact(ed)?))($|[ _-])""",
    re.IGNORECASE | re.VERBOSE,
)
# AUC, and its lower bound, from which a word is believed.
_STATUS, _AMBIGUOUS = (0.65, 0.60), (0.78, 0.70)


def find_status_words(
    name: str, column: pd.Series, kind: str, strengths: dict[str, Strength], contrasts: tuple[Contrast, ...]
) -> list[Finding]:
    """Return a finding where a column or its levels are called like a status and also tell an outcome."""
    sure = _levels_like(_LEVEL, column, kind)
    words = sure or _levels_like(_AMBIGUOUS_LEVEL, column, kind)
    named = _NAME.search(name) or _AMBIGUOUS_NAME.search(name)
    for contrast in contrasts:
        strength = strengths[contrast.name]
        told = f"tells {contrast.having} from {contrast.lacking} (AUC {strength.auc:.2f}, 0.50 is chance)"
        figures = {"outcome": contrast.name, "auc": round(strength.auc, 4), "levels": words}
        if words and _reaches(strength, _STATUS if sure else _AMBIGUOUS):
            shown = ", ".join(map(repr, words[:3]))
            return [Finding("status_like", f"it holds a status such as {shown}, and {told}", figures)]
        if named and _reaches(strength, _STATUS if _NAME.search(name) else _AMBIGUOUS):
            return [Finding("status_like", f"its name speaks of the time after the sale, and it {told}", figures)]
    return []


def _reaches(strength: Strength, edges: tuple[float, float]) -> bool:
    return strength.auc > edges[0] and strength.low > edges[1]


def _levels_like(pattern: re.Pattern[str], column: pd.Series, kind: str) -> list[str]:
    if kind != "category":
        return []
    return sorted(level for level in map(str, column.dropna().unique()) if pattern.fullmatch(level.strip()))


def find_status_texts(column: pd.Series, kind: str, contrasts: tuple[Contrast, ...]) -> list[Finding]:
    """Return a finding where texts of one side speak of the time after the sale and those of the other do not."""
    if kind != "category":
        return []
    levels = column.dropna().unique()
    speaks = np.array([bool(_INSIDE.search(str(level))) for level in levels] + [False])
    if not speaks.any():
        return []
    told = speaks[pd.Index(levels).get_indexer(column)]
    shown = sorted(str(level) for level in levels[speaks[:-1]])[0]
    found = find_presence(told, contrasts, f"a text such as {shown!r}")
    return [dataclasses.replace(f, code="status_like") for f in found[:1]]
