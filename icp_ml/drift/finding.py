"""One thing looked at, and what was found."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

from icp_ml.drift.chance import holm

Test = Literal["win_level", "win_ranking", "churn_level", "churn_ranking", "population", "unseen_level"]
PERFORMANCE: tuple[Test, ...] = ("win_level", "win_ranking", "churn_level", "churn_ranking")
_SHARE = {"performance": 0.90, "population": 0.10}
"""Part of the error budget: forecasts that fail cost more than a mix that changes."""
_WEIGHT = {"win_ranking": 0.25, "churn_ranking": 0.25, "unseen_level": 0.5}


@dataclass(frozen=True)
class Finding:
    """One comparison of now with the release.

    Parameters
    ----------
    test : str
        What was compared.
    subject : str
        ``win rate``, ``churn``, or an attribute.
    n : int
        Accounts looked at.
    before, now : float or None
        Share or rate the release was made with or forecast, and the one seen; slopes for a ranking, 1 as promised.
    text : str
        The comparison in words.
    p : float or None
        Chance of so large a difference were nothing changed; None where there is too little to tell.
    material : bool
        Whether the difference is large enough to matter, were it certain.
    deviation : float or None
        Standard deviation of the change by chance alone, in the unit of ``before`` and ``now``.
    tests : int
        Statements among which the largest change was taken.
    window : str
        Days that were looked at.
    alarm : bool
        Whether it counts, all comparisons of the look considered.
    level : float or None
        What ``p`` had to stay under.
    """

    test: Test
    subject: str
    n: int
    before: float | None
    now: float | None
    text: str
    p: float | None = None
    material: bool = False
    deviation: float | None = None
    tests: int = 1
    window: str = ""
    alarm: bool = False
    level: float | None = None

    @property
    def family(self) -> str:
        """``performance`` or ``population``."""
        return "performance" if self.test in PERFORMANCE else "population"

    def document(self) -> dict[str, Any]:
        """Return the finding as JSON-ready values; what is undefined is left out."""
        return {name: value for name, value in vars(self).items() if value is not None} | {"family": self.family}


def judge(findings: Sequence[Finding], alpha: float) -> tuple[Finding, ...]:
    """Say which findings are alarms, with at most ``alpha`` chance of a false one among all of them."""
    tested = [i for i, finding in enumerate(findings) if finding.p is not None]
    weights = _weights([findings[i] for i in tested])
    rejected, level = holm([findings[i].p or 0.0 for i in tested], weights, alpha)
    judged = list(findings)
    for i, sure, own in zip(tested, rejected, level, strict=True):
        judged[i] = replace(findings[i], alarm=bool(sure and findings[i].material), level=float(own))
    return tuple(judged)


def _weights(tested: Sequence[Finding]) -> list[float]:
    """Share of the budget of each finding: by family, and by what it is within the family."""
    own = [_WEIGHT.get(finding.test, 1.0) for finding in tested]
    total = {f: sum(w for w, t in zip(own, tested, strict=True) if t.family == f) for f in _SHARE}
    return [_SHARE[t.family] * w / total[t.family] for w, t in zip(own, tested, strict=True)]
