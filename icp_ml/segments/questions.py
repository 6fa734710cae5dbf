"""The five questions by which a segment must earn focus, each answered from the dimensions of quality it rests on.

Some dimensions decide a question, others stand beside them. The answer is

``no``
    a deciding dimension is worse than elsewhere, and none is better or mixed. Question 4 also where an opportunity
    loses money (the interval of what one earns lies below 0), and not for economics alone where it surely earns some.
    Question 2 never: that deals through usable channels are won less often does not say that nobody is reached.
``yes``, so far
    all of the dimensions are measured, at least one that decides is better than elsewhere, and none is worse or mixed.
    Question 4 asks no more than that money is earned: it is yes where an opportunity surely earns some, the cost to
    serve being known, and no dimension is worse or mixed; where what one earns is among the measures, it is never yes
    without that.
``unclear``
    everything else: a dimension is not measured, or dimensions speak against one another, or no interval of those that
    decide lies clear.

Answers are about the past of accounts that did not form the segment, and about association: question 5 above all, since
no table says who bought because of whom.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

Dimensions = Mapping[str, Mapping[str, Any]]
Answer = tuple[str, str]


@dataclass(frozen=True)
class Question:
    """A question, the dimensions that decide it, and those that stand beside them."""

    id: str
    text: str
    decide: tuple[str, ...]
    beside: tuple[str, ...] = ()


QUESTIONS = (
    Question("act", "Is the problem painful enough that they act?", ("urgency",)),
    Question("reach", "Can we reach the buyer through channels we can actually use?", ("access",)),
    Question("win", "Can we win against the alternatives, credibly?", ("competitive_path",), ("proof",)),
    Question("serve", "Can we serve them without losing margin or roadmap focus?", ("economics", "product_fit")),
    Question("spread", "Will proof won here help to win the next segment?", ("proof",), ("expansion",)),
)


def five_questions(table: Sequence[Mapping[str, Any]]) -> tuple[dict[str, Any], ...]:
    """Return the answers, in order.

    Parameters
    ----------
    table : sequence of mapping
        Of :meth:`icp_ml.segments.quality.SegmentQuality.table`.

    Returns
    -------
    tuple of dict
        ``id``, ``question``, ``decided_by`` and ``beside`` (dimensions), ``answer`` (``yes``, ``no`` or ``unclear``)
        and ``because``: ``better``, ``worse``, ``earns``, ``loses``, ``may_lose``, ``cost_unknown``, ``unmeasured``,
        ``mixed`` or ``same``.
    """
    by_name = {entry["dimension"]: entry for entry in table}
    found = []
    for question in QUESTIONS:
        answer, because = _served(by_name, question) if question.id == "serve" else _compared(by_name, question)
        answer = "unclear" if question.id == "reach" and answer == "no" else answer
        told: dict[str, Any] = {"id": question.id, "question": question.text}
        told |= {"decided_by": list(question.decide), "beside": list(question.beside)}
        found.append(told | {"answer": answer, "because": because})
    return tuple(found)


def _compared(dimensions: Dimensions, question: Question) -> Answer:
    """Answer from how the dimensions stand beside all other accounts."""
    deciding = {dimensions[name]["standing"] for name in question.decide}
    every = deciding | {dimensions[name]["standing"] for name in question.beside}
    for_it = bool(every & {"better", "mixed"})
    if "worse" in deciding and not for_it:
        return "no", "worse"
    if "mixed" in every or ("worse" in every and for_it):
        return "unclear", "mixed"
    if "unmeasured" in every:
        return "unclear", "unmeasured"
    return ("yes", "better") if "better" in deciding else ("unclear", "same")


def _served(dimensions: Dimensions, question: Question) -> Answer:
    """Answer from what an opportunity earns, and from how the dimensions stand."""
    answer, because = _compared(dimensions, question)
    value = _opportunity_value(dimensions)
    if value is None:
        return answer, because
    if "absent" in value:
        return ("unclear", "unmeasured") if answer == "yes" else (answer, because)
    if value["high"] < 0:
        return "no", "loses"
    if answer == "no" and dimensions["product_fit"]["standing"] != "worse" and value["low"] > 0:
        return "unclear", "mixed"
    if answer == "no" or because in ("mixed", "unmeasured"):
        return answer, because
    if "cost to serve" in value.get("without", ()):
        return "unclear", "cost_unknown"
    return ("yes", "earns") if value["low"] > 0 else ("unclear", "may_lose")


def _opportunity_value(dimensions: Dimensions) -> Mapping[str, Any] | None:
    """Return what an opportunity in the segment earns, None where economics is measured by other things."""
    measures = dimensions["economics"]["measures"]
    return next((m["here"] for m in measures if m.get("figure") == "opportunity_value"), None)
