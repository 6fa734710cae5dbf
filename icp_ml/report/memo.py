"""``memo.md``: the ICP decision memo in eight sections.

Where the data cannot know, the memo asks a named person, and says which column would let the next run answer.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from icp_ml.report.proposals import Told
from icp_ml.report.rendering import render_markdown

_WANTED = ("high pull", "promising")
_ECONOMIC = ("arr", "grr", "nrr", "cost_to_serve", "opportunity_value")
_TRIAL = 30


@dataclass(frozen=True)
class Section:
    """One section of the memo: plain sentences, what is open, and who can answer it."""

    title: str
    paragraphs: tuple[str, ...] = ()
    bullets: tuple[str, ...] = ()
    questions: tuple[tuple[str, str], ...] = ()


def memo(summary: Mapping[str, Any]) -> str:
    """Return the memo as Markdown; names from the data are escaped.

    Parameters
    ----------
    summary : mapping
        From :func:`icp_ml.report.summary.summarise`.
    """
    chosen = _chosen(summary)
    sections = [
        _segment_selected(summary, chosen),
        _problem(summary, chosen),
        _buyer(chosen),
        _why_we_win(summary),
        _economics(summary, chosen),
        _proof_plan(summary, chosen),
        _exclusions(summary),
        _review_trigger(summary, chosen),
    ]
    return render_markdown("memo.md.j2", s=summary, sections=sections)


def _chosen(summary: Mapping[str, Any]) -> Told | None:
    """Return the segment to go for, the best first; None where none is promising."""
    return next((s for s in summary["segments"] if s["verdict"] in _WANTED), None)


def _segment_selected(summary: Mapping[str, Any], chosen: Told | None) -> Section:
    criteria = tuple(f"{p['id']} {p['text']}: {p['evidence']}." for p in summary["criteria"])
    if chosen:
        others = [s for s in summary["segments"] if s is not chosen]
        paragraphs = [_named(chosen), *(f"Not selected: {_named(s)}" for s in others)]
        figures = tuple(_figure(f) for f in chosen["figures"] if f["name"] not in _ECONOMIC)
        return Section("Segment selected", tuple(paragraphs), (*figures, *criteria))
    reason = summary["no_segments"] or "No segment stands out as promising."
    if criteria:
        return Section("Segment selected", (f"{reason} The target is what these criteria describe:",), criteria)
    why = summary["not_proposed"] or "No group to pursue stood out among the accounts that no exclusion hits."
    return Section("Segment selected", (reason, why), (), (_WHO_TO_TRY,))


def _named(segment: Told) -> str:
    said = f" {segment['text']}." if segment["text"] else ""
    return f"{segment['id']} {segment['name']}: {segment['verdict']}.{said}"


_WHO_TO_TRY = (
    "the head of sales",
    "Which kinds of accounts do you believe in that no column describes? Add the column to accounts, and to attributes "
    "in the config, so that the next run can test the belief.",
)


def _problem(summary: Mapping[str, Any], chosen: Told | None) -> Section:
    shown = [f for f in (chosen or {}).get("figures", []) if f["name"] in ("pull", "cycle_days")]
    pull = summary["stated"]["pull"] if summary["stated"] else []
    questions = [
        (
            "the heads of product and customer success",
            "Which problem do these customers hire us for, and what forced them to act when they did? The tables hold "
            "what customers did, not why: a use_case column on opportunities (attributes: from: opportunities) would "
            "let the next run tell the urgent problems from the others.",
        )
    ]
    if not summary["known"].get("pull"):
        questions.append(
            (
                "the head of customer success",
                "What shows that a customer wants this badly: quick onboarding, broad usage, referrals? Nothing of it "
                "is measured; put it into the signals table and name it under pull in the config.",
            )
        )
    paragraph = "What the data shows of urgency is behaviour: how fast they bought and how widely they use it."
    return Section("Problem and urgency", (paragraph,), (*map(_figure, shown), *pull), tuple(questions))


def _buyer(chosen: Told | None) -> Section:
    who = f"in “{chosen['name']}”" if chosen else "among the accounts we won"
    cycle = [_figure(f) for f in (chosen or {}).get("figures", []) if f["name"] == "cycle_days"]
    question = (
        f"Who signs {who}, who has to agree, and who can stop it? No table names people: a buyer_role column on "
        "opportunities would let the next run compare deals by who led them."
    )
    paragraph = "The data knows accounts, not the people in them."
    return Section("Buyer and committee", (paragraph,), tuple(cycle), (("the head of sales", question),))


def _why_we_win(summary: Mapping[str, Any]) -> Section:
    won = [f"{p['id']} {p['text']}: {p['evidence']}." for p in summary["criteria"]]
    model = next((m for m in summary["models"] if m["outcome"] == "win"), None)
    paragraphs = [f"The win model: {model['plain'] or model['verdict']}"] if model and "verdict" in model else []
    if model and model.get("importance"):
        leading = ", ".join(row["attribute"] for row in model["importance"][:3])
        paragraphs.append(f"What its answers rest on most: {leading}. That is association, not cause.")
    questions = []
    if not summary["known"].get("loss_reason"):
        questions.append(
            (
                "the head of sales",
                "Why do we lose, and to whom? The loss_reason and competitor columns of opportunities are missing or "
                "empty; with them the next run can say against whom we win.",
            )
        )
    if not won and not paragraphs:
        paragraphs = ["Nothing in the data sets the accounts we win apart from those we lose."]
    return Section("Why we can win", tuple(paragraphs), tuple(won), tuple(questions))


def _economics(summary: Mapping[str, Any], chosen: Told | None) -> Section:
    figures = chosen["figures"] if chosen else summary["data"]["figures"]
    shown = tuple(_figure(f) for f in figures if f["name"] in _ECONOMIC)
    whom = f"Of “{chosen['name']}”:" if chosen else "Of all accounts, since no segment is selected:"
    settings = summary["settings"]
    questions = []
    if not summary["known"].get("cost_to_serve"):
        questions.append(
            (
                "the head of finance",
                "What does an hour of support, or another signal, cost? Put it under economics.signal_costs in the "
                "config; without it a customer that costs more than it pays looks as good as any.",
            )
        )
    if settings.get("economics.acquisition_cost") is None:
        questions.append(
            (
                "the head of finance",
                "What does pursuing one opportunity cost? Put it under economics.acquisition_cost in the config.",
            )
        )
    margin = settings.get("economics.gross_margin")
    assumed = (f"Assumed: a gross margin of {100 * float(margin):.0f} %.",) if margin is not None else ()
    return Section("Economics", (*summary["totals"], *assumed, whom), shown, tuple(questions))


def _proof_plan(summary: Mapping[str, Any], chosen: Told | None) -> Section:
    target = f"“{chosen['name']}”" if chosen else "the green tier"
    steps = [
        f"Work the next {_TRIAL} new accounts in {target}, and keep a list of those turned away and why.",
        "Write down before the start what would prove this wrong; the ranges above are what to expect.",
        "After a quarter, run icp discover again with this release as --previous: ids stay, so rules can be compared.",
    ]
    rates = {f["name"]: f for f in (chosen or {}).get("figures", []) if "between" in f}
    if "win_rate" in rates:
        steps.insert(1, f"Expected to be won: {rates['win_rate']['value']} of them ({rates['win_rate']['between']}).")
    minds = [f"{p['id']}: {m}" for p in (*summary["exclusions"], *summary["criteria"]) for m in p["mind"]]
    return Section(
        "Proof plan", ("A rule that held in past data is a promise; this is how to check it.",), (*steps, *minds)
    )


def _exclusions(summary: Mapping[str, Any]) -> Section:
    if not summary["exclusions"]:
        return Section("Exclusions", ("No exclusion passed the evidence test; refuse nothing on this data's account.",))
    bullets = [
        f"{p['id']} {p['text']}: {p['evidence']}. {' '.join(p['receipt'])}".rstrip() for p in summary["exclusions"]
    ]
    return Section("Exclusions", tuple(summary["totals"]), tuple(bullets))


def _review_trigger(summary: Mapping[str, Any], chosen: Told | None) -> Section:
    dates = [(p["review_on"], p["id"]) for p in (*summary["exclusions"], *summary["criteria"]) if p["review_on"]]
    when = [
        f"On {day}: look at {', '.join(i for d, i in dates if d == day)} again."
        for day in sorted({d for d, _ in dates})
    ]
    rate = next((f for f in (chosen or {}).get("figures", []) if f["name"] == "win_rate" and "between" in f), None)
    if rate:
        when.append(f"Sooner, if the win rate in the segment leaves the range {rate['between']}.")
    when.append("Sooner, if the product, the price or the market changes: the past then says less about what comes.")
    owner = ("whoever signs this memo", "Who decides on exceptions to an exclusion, and by when is each one answered?")
    return Section("Review trigger", (), tuple(when), (owner,))


def _figure(figure: Told) -> str:
    if "absent" in figure:
        return f"{figure['label']}: not measured, {figure['absent']}."
    between = f" ({figure['between']})" if "between" in figure else ""
    n = f", from {figure['n']:,} accounts" if figure.get("n") else ""
    return f"{figure['label']}: {figure['value']}{between}{n}."
