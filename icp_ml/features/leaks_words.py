"""Words that belong to the time after the sale, believed only where the figures agree."""

from __future__ import annotations

import re

import pandas as pd

from icp_ml.features.leaks_outcomes import Contrast, Finding
from icp_ml.features.leaks_strength import Strength

_LEVEL = re.compile(
    r"""(churn(ed)? | cancel(l)?ed | terminated | lapsed | expired | renewed | won | lost | customer | client
    | (former|ex|past|lost|current|active|existing|paying|live)[ _-]?(customer|client) | closed[ _-]?(won|lost)
    | offboarded | onboarded | onboarding | at[ ]risk)""",
    re.IGNORECASE | re.VERBOSE,
)
# A product, a trial or a market can be active too, so these need stronger figures.
_AMBIGUOUS_LEVEL = re.compile(r"(active | inactive | closed | live)", re.IGNORECASE | re.VERBOSE)
_NAME = re.compile(
    r"""(^|[ _-])(churn(ed)? | cancel(l)?(ed|ation) | csm | renewal | renewed | offboarding | onboarding | win[ _-]?back
    | (loss|lost)[ _-]?reason | won | closed[ _-]?(won|lost) | customer[ _-]?(since|health|status) | health[ _-]?score
    | lifecycle)($|[ _-])""",
    re.IGNORECASE | re.VERBOSE,
)
# AUC, and its lower bound, from which a word is believed.
_STATUS, _AMBIGUOUS, _NAMED = (0.65, 0.60), (0.78, 0.72), (0.75, 0.68)


def find_status_words(
    name: str, column: pd.Series, kind: str, strengths: dict[str, Strength], contrasts: tuple[Contrast, ...]
) -> list[Finding]:
    """Return a finding where a column or its levels are called like a status and also tell an outcome."""
    sure = _levels_like(_LEVEL, column, kind)
    words = sure or _levels_like(_AMBIGUOUS_LEVEL, column, kind)
    for contrast in contrasts:
        strength = strengths[contrast.name]
        told = f"tells {contrast.having} from {contrast.lacking} (AUC {strength.auc:.2f}, 0.50 is chance)"
        figures = {"outcome": contrast.name, "auc": round(strength.auc, 4), "levels": words}
        if words and _reaches(strength, _STATUS if sure else _AMBIGUOUS):
            shown = ", ".join(map(repr, words[:3]))
            return [Finding("status_like", f"it holds a status such as {shown}, and {told}", figures)]
        if _NAME.search(name) and _reaches(strength, _NAMED):
            return [Finding("status_like", f"its name speaks of the time after the sale, and it {told}", figures)]
    return []


def _reaches(strength: Strength, edges: tuple[float, float]) -> bool:
    return strength.auc > edges[0] and strength.low > edges[1]


def _levels_like(pattern: re.Pattern[str], column: pd.Series, kind: str) -> list[str]:
    if kind != "category":
        return []
    return sorted(level for level in map(str, column.dropna().unique()) if pattern.fullmatch(level.strip()))
