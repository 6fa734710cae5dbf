"""Which release to run, in words for a board: the answer first, each figure with its range, no statistics."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from icp_ml.comparison.comparing import Pair
from icp_ml.comparison.figures import Figures
from icp_ml.comparison.margin import LEAST_FOLLOWED
from icp_ml.comparison.paired import Difference
from icp_ml.comparison.verdict import LEAST_WON_APART
from icp_ml.report.words import count, money, percent, points, span

NOTHING_CHANGED = "Nothing changed: both release the same rules, tiers and segments."
RANGE = "A range holds the true figure nine times in ten."
_HEADLINES = {
    "above_zero": "Adopt {b}: it earns more than {a} on accounts decided after both were made.",
    "below_zero": "Keep {a}: {b} earns less on accounts decided after both were made.",
    "flattered_below_zero": "Keep {a}: {b} earns less even on the newer accounts it was made from.",
    "within_range": "Which of the two earns more cannot be told: the difference is within its range.",
    "same_choices": "In money it makes no difference so far: {a} and {b} refuse the same later accounts.",
    "no_later": "Which of the two earns more cannot be told yet: no account has been decided since both were made.",
    "too_few_later": "Which of the two earns more cannot be told yet: there are too few later accounts.",
    "no_money": "Which of the two earns more cannot be told yet.",
}


def told_verdict(pair: Pair, a: str, b: str, currency: str | None) -> dict[str, Any]:
    """Return the answer in words.

    Parameters
    ----------
    pair : Pair
        What was compared.
    a, b : str
        What the two are called.
    currency : str or None
        Reporting currency.

    Returns
    -------
    dict
        ``answer``, ``headline`` (one sentence) and ``sentences``.
    """
    verdict = pair.verdict
    if verdict.answer == "nothing_changed":
        return {"answer": verdict.answer, "headline": NOTHING_CHANGED, "sentences": []}
    headline = _HEADLINES[verdict.grounds].format(a=a, b=b)
    sentences = [*_why(pair, a, b, currency), *_beside(pair, a, b, currency)]
    return {"answer": verdict.answer, "headline": headline, "sentences": sentences}


def more_or_less(low: float, high: float, words: Callable[[float], str]) -> str:
    """Write the ends of a difference, the smaller size first.

    >>> more_or_less(38.1, 64.7, lambda v: money(v, "EUR")), more_or_less(-64.7, -38.1, lambda v: money(v, "EUR"))
    ('EUR 38 to 65 more', 'EUR 38 to 65 less')
    >>> more_or_less(-5.0, 20.0, lambda v: money(v, "EUR")), more_or_less(0.0, 0.0, lambda v: money(v, "EUR"))
    ('EUR 5 less to EUR 20 more', 'no difference')
    """
    if low == high == 0:
        return "no difference"
    if low < 0 < high:
        return f"{words(-low)} less to {words(high)} more"
    small, large = sorted((abs(low), abs(high)))
    return f"{span(words(small), words(large))} {'more' if high > 0 else 'less'}"


def difference_words(found: Difference, name: str, currency: str | None) -> str:
    """Write a difference as a range, and that it cannot be told from none where that is so."""
    if found.differing == 0:
        return "the same, account by account"
    if name in ("net_margin", "received"):
        told = more_or_less(found.low, found.high, lambda value: money(value, currency))
    else:
        told = points(found.low, found.high)
    return told if found.told else f"no difference can be told ({told})"


def value_words(value: float, name: str, currency: str | None) -> str:
    """Write a figure of one release."""
    return money(value, currency) if name in ("net_margin", "received") else percent(value)


def _why(pair: Pair, a: str, b: str, currency: str | None) -> list[str]:
    """Say what the answer rests on."""
    grounds, later = pair.verdict.grounds, pair.later
    if grounds == "no_later" or later is None:
        return [] if grounds == "flattered_below_zero" else [_settles(pair)]
    apart = (
        f"The two treat {later.differing:,} of {count(later.accounts, 'later account')} differently: one pursues what "
        f"the other refuses; {later.differing_won:,} of these were won."
    )
    if grounds in ("above_zero", "below_zero", "within_range"):
        return [_money(later, a, b, currency, "later accounts"), apart, RANGE]
    if grounds == "too_few_later":
        return [apart, f"At least {LEAST_WON_APART} won ones are needed before a range of money can be trusted."]
    if grounds == "no_money":
        return [apart, *_missing(pair)]
    return [apart] if grounds == "flattered_below_zero" else []


def _money(figures: Figures, a: str, b: str, currency: str | None, whose: str) -> str:
    gain = figures.found["net_margin"]
    return (
        f"On {count(figures.accounts, 'account')} ({whose}), each opportunity that comes along earns "
        f"{money(gain.after, currency)} under {b} and {money(gain.before, currency)} under {a}: "
        f"{difference_words(gain, 'net_margin', currency)}."
    )


def _missing(pair: Pair) -> list[str]:
    facts = pair.verdict.facts
    if facts["keys"]:
        keys = ", ".join(facts["keys"])
        return [f"In money nothing can be said, since {facts['reason']}: put {keys} into the config."]
    told = [f"In money nothing can be said yet: {facts['reason']}."]
    if facts["ready_on"]:
        told.append(f"The earliest day on which there can be enough is {facts['ready_on']}.")
    return told


def _settles(pair: Pair) -> str:
    months = pair.newer.release.criteria["churn_horizon_months"]
    as_of = pair.newer.release.criteria["as_of"]
    return (
        f"What would settle it: data that reach past {as_of}, in which at least {LEAST_FOLLOWED} new customers have "
        f"been followed for {months} months. Until then nothing speaks for a change."
    )


def _beside(pair: Pair, a: str, b: str, currency: str | None) -> list[str]:
    """Say what the accounts show that the newer release was made from."""
    decided = pair.verdict.grounds in ("above_zero", "below_zero", "within_range", "same_choices")
    if decided or pair.flattering is None:
        return []
    if "net_margin" not in pair.flattering.found:
        told = f"On the accounts decided since {a} was made nothing can be said in money either"
        return [f"{told}: {pair.flattering.absent['net_margin']}."]
    gain = pair.flattering.found["net_margin"]
    told = _money(pair.flattering, a, b, currency, f"decided since {a} was made, and {b} was made from them")
    if pair.verdict.grounds == "flattered_below_zero":
        return [
            told,
            f"These accounts flatter {b}, since its rules were chosen on them, and it loses all the same.",
            RANGE,
        ]
    if gain.differing == 0:
        return [f"Of the accounts decided since {a} was made, both refuse the same ones."]
    return [told, f"This flatters {b}, since its rules were chosen on these accounts, and decides nothing.", RANGE]
