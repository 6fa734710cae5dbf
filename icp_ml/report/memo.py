"""``memo.md``: the ICP decision memo in eight sections.

Where the data cannot know, the memo asks a named person, and says which figure prompts the question and which column
would let the next run answer it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from icp_ml.report.groups import SAME, absent_sentence
from icp_ml.report.memo_questions import (
    Question,
    behaviour_of_pull,
    cost_of_pursuing,
    cost_of_serving,
    exceptions,
    open_in_red,
    problem_hired_for,
    who_signs,
    whom_to_try,
    why_lost,
)
from icp_ml.report.proposals import Told
from icp_ml.report.rendering import render_html, render_markdown
from icp_ml.report.segment_changes import change_of
from icp_ml.report.words import count
from icp_ml.wording import list_words

_WANTED = ("high pull", "promising")
_MOST = 0.5
_URGENCY = ("pull", "cycle_days")
_ECONOMIC = ("arr", "grr", "nrr", "cost_to_serve", "opportunity_value")
_TRIAL = 30


@dataclass(frozen=True)
class Section:
    """One section of the memo: plain sentences, what is open, and who can answer it."""

    title: str
    paragraphs: tuple[str, ...] = ()
    bullets: tuple[str, ...] = ()
    questions: tuple[Question, ...] = ()


@dataclass(frozen=True)
class Chosen:
    """Whom the memo is about: how a sentence names them, what was measured of them, and which segment they are.

    ``figures`` are those of the segment, measured on accounts that did not form it, or those of the accounts the
    criteria describe; empty where nobody is chosen.
    """

    name: str
    figures: tuple[Told, ...] = ()
    segment: Told | None = None

    def figure(self, name: str) -> Told | None:
        """Return a figure that was measured, None if it was not."""
        return next((f for f in self.figures if f["name"] == name and "value" in f), None)

    def answer(self, question: str) -> tuple[str, ...]:
        """Return one of the five questions with its answer, nothing where no segment is chosen."""
        asked = self.segment["questions"] if self.segment else []
        return tuple(f"{q['question']} {q['answer']}" for q in asked if q["id"] == question)


def memo(summary: Mapping[str, Any]) -> str:
    """Return the memo as Markdown; names from the data are escaped.

    Parameters
    ----------
    summary : mapping
        From :func:`icp_ml.report.summary.summarise`.
    """
    return render_markdown("memo.md.j2", s=summary, sections=memo_sections(summary))


def memo_html(summary: Mapping[str, Any]) -> str:
    """Return the memo as a page of its own, for reading and printing; names from the data are escaped."""
    return render_html("memo.html.j2", {"s": summary, "sections": memo_sections(summary)}, {})


def memo_sections(summary: Mapping[str, Any]) -> list[Section]:
    """Return the eight sections."""
    chosen = _chosen(summary)
    return [
        _segment_selected(summary, chosen),
        _problem(summary, chosen),
        _buyer(summary, chosen),
        _why_we_win(summary, chosen),
        _economics(summary, chosen),
        _proof_plan(summary, chosen),
        _exclusions(summary),
        _review_trigger(summary, chosen),
    ]


def _chosen(summary: Mapping[str, Any]) -> Chosen:
    """Return whom to go for.

    With criteria, it is whom they describe, or the good segment most of which they describe; without, the best segment
    that does nothing worse than all accounts do; else nobody.
    """
    good = [s for s in summary["segments"] if s["verdict"] in _WANTED and not s["worse"] and not s["but"]]
    if summary["target"]:
        inside = [s for s in good if s["in_target"] is not None and s["in_target"] > _MOST]
        if inside:
            return Chosen(f"segment {inside[0]['id']}", tuple(inside[0]["figures"]), inside[0])
        ids = list_words(tuple(p["id"] for p in summary["criteria"]), "or")
        return Chosen(f"the target of {ids}", tuple(summary["target"]["figures"]))
    if good:
        return Chosen(f"segment {good[0]['id']}", tuple(good[0]["figures"]), good[0])
    return Chosen("the accounts we won")


def _segment_selected(summary: Mapping[str, Any], chosen: Chosen) -> Section:
    criteria = tuple(f"{p['id']} {p['text']}: {p['evidence']}." for p in summary["criteria"])
    figures = tuple(_figure(f) for f in chosen.figures if f["name"] not in (*_ECONOMIC, *_URGENCY) and "value" in f)
    others = tuple(f"Not selected: {_named(s)}" for s in summary["segments"] if s is not chosen.segment)
    ranked = summary["ranking"]["brief"] if summary["ranking"] else []
    questions: tuple[Question, ...] = ()
    if chosen.segment:
        changed = change_of(summary["changes"], chosen.segment["id"])
        first = [f"Selected: {_named(chosen.segment)}", _resting(summary), _since_before(changed)]
    elif summary["target"]:
        now = count(summary["target"]["accounts"], "account")
        first = [f"Selected: what the criteria describe and no exclusion hits, {now} now. {_no_segment(summary)}"]
    else:
        why = summary["not_proposed"] or "No group to pursue stands out among the accounts that no exclusion hits."
        first = [f"No segment is selected. {_no_segment(summary)}", why]
        questions = (whom_to_try(summary["counts"]),)
    return Section(
        "Segment selected", tuple(t for t in (*first, " ".join(ranked)) if t), (*criteria, *figures, *others), questions
    )


def _since_before(changed: str) -> str:
    """Say what became of the selected segment since the previous release; empty where it is the same."""
    return f"Since the release before: {changed}" if changed else ""


def _resting(summary: Mapping[str, Any]) -> str:
    """Say what the choice of a segment rests on where no criterion stands behind it."""
    if summary["criteria"]:
        return ""
    return (
        "No criterion stands out among the accounts that no exclusion hits, so this rests on the segment's own "
        "figures: a lead to try, not a rule."
    )


def _no_segment(summary: Mapping[str, Any]) -> str:
    """Say why no segment is the one to go for."""
    if summary["no_segments"]:
        return str(summary["no_segments"])
    good = any(s["verdict"] in _WANTED and not s["but"] for s in summary["segments"])
    if summary["target"]:
        return "No segment that was found coincides with them." if good else "No segment that was found does better."
    return (
        "Those that were found do worse than average in some respect."
        if good
        else "None that was found does better than average."
    )


def _named(segment: Told) -> str:
    said = f" {segment['text']}." if segment["text"] else ""
    return f"{segment['id']} {segment['name']}: {_judged(segment)}.{said}{_worse(segment)}"


def _judged(segment: Told) -> str:
    return f"{segment['verdict']}, {segment['but']}" if segment["but"] else str(segment["verdict"])


def _worse(segment: Told) -> str:
    """Name what the segment does worse than all accounts, with the figures; empty where it does nothing worse."""
    named = [name for name in segment["worse"] if name != "grr" or "nrr" not in segment["worse"]]
    figures = [f for f in segment["figures"] if f["name"] in named]
    told = [f"{f['label'][:1].lower()}{f['label'][1:]}: {f['value']}" for f in figures]
    return f" Worse than average: {'; '.join(told)}." if told else ""


def _problem(summary: Mapping[str, Any], chosen: Chosen) -> Section:
    found = [f for f in map(chosen.figure, _URGENCY) if f and f["between"] != SAME]
    pull = summary["stated"]["pull"] if summary["stated"] else []
    pull = [p.replace("nside it", "nside the stated ICP", 1) for p in pull]
    questions = [problem_hired_for(summary["counts"], {f["label"]: f["value"] for f in found})]
    if not summary["known"].get("pull"):
        questions.append(behaviour_of_pull(summary["counts"]))
    shows = found or pull
    paragraph = "The data shows urgency as behaviour alone." if shows else "The data shows nothing of urgency."
    bullets = (*map(_figure, found), *pull, *chosen.answer("act"))
    return Section("Problem and urgency", (paragraph,), bullets, tuple(questions))


def _buyer(summary: Mapping[str, Any], chosen: Chosen) -> Section:
    rate = chosen.figure("win_rate")
    figure = f"{rate['label']}: {rate['value']} of {rate['of']}" if rate and "of" in rate else ""
    question = who_signs(summary["counts"], chosen.name, figure)
    return Section("Buyer and committee", ("The data knows accounts, not the people in them.",), (), (question,))


def _why_we_win(summary: Mapping[str, Any], chosen: Chosen) -> Section:
    paragraphs = []
    if summary["criteria"]:
        ids = list_words(tuple(p["id"] for p in summary["criteria"]), "and")
        paragraphs.append(f"What sets apart the accounts worth winning is {ids}, with the evidence in section 1.")
    model = next((m for m in summary["models"] if m["outcome"] == "win" and "verdict" in m), None)
    if model:
        paragraphs.append(
            f"How well what is known before the sale tells who is won: {model['plain'] or model['verdict']}"
        )
    if model and model.get("importance"):
        leading = list_words(tuple(row["attribute"] for row in model["importance"][:3]), "and")
        paragraphs.append(f"The win model's answers rest most on {leading}. That is association, not cause.")
    if summary["loss_reasons"]:
        paragraphs.append(f"Why we lose, by the reasons named on lost deals: {', '.join(summary['loss_reasons'])}.")
    if not paragraphs:
        paragraphs = ["The data cannot say: it holds no lost deals to compare with."]
    known = summary["known"].get("loss_reason") or not summary["counts"]["lost"]
    questions = () if known else (why_lost(summary["counts"]),)
    return Section("Why we can win", tuple(paragraphs), chosen.answer("win"), questions)


def _economics(summary: Mapping[str, Any], chosen: Chosen) -> Section:
    figures = [f for f in chosen.figures or summary["data"]["figures"] if f["name"] in _ECONOMIC]
    shown = tuple(_figure(f) for f in figures if "value" in f)
    whom = f"Of {chosen.name}:" if chosen.figures else "Of all accounts, since nobody is selected:"
    missing = absent_sentence([f for f in summary["data"]["figures"] if f["name"] in _ECONOMIC])
    settings = summary["settings"]
    questions = []
    if not summary["known"].get("cost_to_serve"):
        pays = next((f["value"] for f in figures if f["name"] == "arr" and "value" in f), "")
        questions.append(cost_of_serving(summary["counts"], pays))
    if settings.get("economics.acquisition_cost") is None:
        questions.append(cost_of_pursuing(summary["counts"]))
    margin = settings.get("economics.gross_margin")
    used = chosen.figure("opportunity_value") if chosen.figures else any("value" in f for f in figures)
    assumed = f"Assumed: a gross margin of {100 * float(margin):.0f} %." if margin is not None and used else ""
    said = (assumed, missing, whom if shown else "")
    return Section("Economics", tuple(t for t in said if t), shown, tuple(questions))


def _proof_plan(summary: Mapping[str, Any], chosen: Chosen) -> Section:
    target = chosen.name if chosen.figures else "the green tier"
    steps = [
        f"Work the next {_TRIAL} new accounts of {target}, and keep a list of those turned away and why.",
        "Write down before the start what would prove this wrong; the ranges above are what to expect.",
        "After a quarter, run icp discover again with this release as --previous: ids stay, so rules can be compared.",
    ]
    rate = chosen.figure("win_rate")
    if rate:
        steps.insert(1, f"Expected to be won: {rate['value']} of them ({rate['between']}).")
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


def _review_trigger(summary: Mapping[str, Any], chosen: Chosen) -> Section:
    dates = [(p["review_on"], p["id"]) for p in (*summary["exclusions"], *summary["criteria"]) if p["review_on"]]
    when = [
        f"On {day}: look at {list_words(tuple(i for d, i in dates if d == day), 'and')} again."
        for day in sorted({d for d, _ in dates})
    ]
    rate = chosen.figure("win_rate")
    if rate:
        when.append(f"Sooner, if the win rate of {chosen.name} leaves the range {rate['between']}.")
    when.append("Sooner, if the product, the price or the market changes: the past then says less about what comes.")
    questions = (exceptions(open_in_red(summary)),) if summary["exclusions"] else ()
    return Section("Review trigger", (), tuple(when), questions)


def _figure(figure: Told) -> str:
    between = f" ({figure['between']})" if "between" in figure else ""
    of = f", from {figure['of']}" if "of" in figure else ""
    return f"{figure['label']}: {figure['value']}{between}{of}."
