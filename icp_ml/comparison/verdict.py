"""Which release to run: one rule, and why it does or does not answer."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

from icp_ml.comparison.figures import Figures

Answer = Literal["adopt", "keep", "cannot_tell", "nothing_changed"]

LEAST_WON_APART = 30
"""Won accounts among those that one release pursues and the other refuses: with fewer, ranges of money do not hold."""


@dataclass(frozen=True)
class Verdict:
    """The answer.

    Parameters
    ----------
    answer : str
        ``adopt`` the second release, ``keep`` the first, ``cannot_tell``, or ``nothing_changed``.
    grounds : str
        ``above_zero``, ``below_zero``, ``flattered_below_zero``, ``nothing_changed``; where it cannot be told
        ``within_range``, ``same_choices``, ``no_later``, ``too_few_later``, ``no_money``.
    facts : dict
        Numbers the words need.
    """

    answer: Answer
    grounds: str
    facts: dict[str, Any] = field(default_factory=dict)

    def as_dict(self) -> dict[str, Any]:
        """Return it as JSON."""
        return {"answer": self.answer, "grounds": self.grounds, **self.facts}


def decide(later: Figures | None, flattering: Figures | None) -> Verdict:
    """Weigh the net margin of an opportunity.

    Adopt the second release only if the 90 % interval of its gain on later accounts lies above 0, keep the first if it
    lies below. Else it cannot be told, with one exception: accounts decided after the first release was made, from
    which the second was made, flatter the second, so if it loses even there, the first is kept.

    Parameters
    ----------
    later : Figures or None
        On accounts decided after both releases' data ended; None where there are none.
    flattering : Figures or None
        On accounts decided after the first release was made that the second was made from; None where there are none.
    """
    verdict = _on_later(later)
    if verdict.answer == "cannot_tell" and verdict.grounds != "within_range" and _loses(flattering):
        return Verdict("keep", "flattered_below_zero")
    return verdict


def _on_later(later: Figures | None) -> Verdict:
    if later is None or later.accounts == 0:
        return Verdict("cannot_tell", "no_later")
    if later.differing == 0:
        return Verdict("cannot_tell", "same_choices")
    if later.no_margin is not None:
        missing = later.no_margin
        facts = {
            "reason": missing.reason,
            "keys": list(missing.keys),
            "ready_on": missing.ready_on.isoformat() if missing.ready_on else None,
        }
        return Verdict("cannot_tell", "no_money", facts)
    if later.differing_won < LEAST_WON_APART:
        return Verdict("cannot_tell", "too_few_later", {"needed": LEAST_WON_APART})
    gain = later.found["net_margin"]
    if gain.low > 0:
        return Verdict("adopt", "above_zero")
    return Verdict("keep", "below_zero") if gain.high < 0 else Verdict("cannot_tell", "within_range")


def _loses(flattering: Figures | None) -> bool:
    if flattering is None or flattering.differing_won < LEAST_WON_APART or "net_margin" not in flattering.found:
        return False
    return flattering.found["net_margin"].high < 0
