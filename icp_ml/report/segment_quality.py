"""The quality table of a segment and its five answers, as a reader meets them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from icp_ml.report.proposals import Told
from icp_ml.report.words import count, money, percent, plain_size, span
from icp_ml.wording import label_words, list_words, number_words

_DIMENSIONS = {
    "urgency": "Urgency",
    "access": "Access",
    "proof": "Proof",
    "product_fit": "Product fit",
    "economics": "Economics",
    "expansion": "Expansion",
    "competitive_path": "Competitive path",
}
_STANDINGS = {
    "better": "better than elsewhere",
    "worse": "worse than elsewhere",
    "mixed": "better in part, worse in part",
    "same": "no clear difference",
    "unmeasured": "not measured",
}
_PHRASES = {
    "win_rate": "the share of decided accounts that were won",
    "churn": "the share of customers that left within {months}",
    "grr": "revenue kept after {months}, without expansion,",
    "nrr": "revenue kept after {months}, with expansion,",
    "pull": "pull (from 1 to 5)",
    "arr": "what a customer pays a year at the start",
    "cycle_days": "the time from opening a won deal to closing it",
    "cost_to_serve": "the cost to serve a customer a year",
    "opportunity_value": "what an opportunity earns within {months}",
    "worked": "the share of accounts that anybody worked",
    "through_channels": "the share of deals that came through {channels}",
    "won_through_channels": "the share won of deals through {channels}",
    "kept_customers": "the share of decided accounts that became customers and stayed {months}",
    "cost_of_arr": "the cost to serve, out of what customers pay,",
    "paying_more": "the share of kept customers that pay more after {months} than at the start",
    "won_against_competitor": "the share won where a competitor is named",
    "lost_to_competitor": "the share of losses that went to a competitor",
    "sales_cycle_days": "the time from opening a won deal to closing it",
    "discount_pct": "the discount on won deals",
    "amount": "the amount of a won deal",
    "services_amount": "the services in a won deal",
}
_SIGNALS = {
    "mean": "the average of “{signal}” by customer",
    "sum": "the total of “{signal}” a customer a year",
    "count": "the number of “{signal}” a customer a year",
}
_MOST_FACTS = 2


def told_quality_table(segment: Mapping[str, Any], currency: str | None, horizon: int) -> list[Told]:
    """Return one line a dimension.

    Parameters
    ----------
    segment : mapping
        Entry of ``segments.json``; one written before there was a quality table has none.
    currency : str or None
        Reporting currency.
    horizon : int
        Months of the churn horizon.

    Returns
    -------
    list of dict
        ``name``, ``standing`` (words), ``measures`` (``label``, ``here``, ``elsewhere``, and ``standing``, empty where
        there is no difference) and ``missing`` (sentences).
    """
    return [
        {
            "name": _DIMENSIONS.get(entry["dimension"], label_words(entry["dimension"])),
            "standing": _STANDINGS[entry["standing"]],
            "measures": [_line(m, currency, horizon) for m in entry["measures"] if _measured(m)],
            "missing": _missing(entry["measures"], horizon),
        }
        for entry in segment.get("quality") or ()
    ]


def told_questions(segment: Mapping[str, Any], currency: str | None, horizon: int) -> list[Told]:
    """Return the five questions, each with its ``id`` and its ``answer`` in one sentence with figures."""
    by_name = {entry["dimension"]: entry for entry in segment.get("quality") or ()}
    return [
        {"id": q["id"], "question": q["question"], "answer": _answer(q, by_name, currency, horizon)}
        for q in segment.get("questions") or ()
    ]


def _answer(question: Mapping[str, Any], by_name: Mapping[str, Any], currency: str | None, horizon: int) -> str:
    """Say the answer and what it rests on, in one sentence."""
    start = {"yes": "Yes, so far: ", "no": "No: ", "unclear": "Can't tell: "}[question["answer"]]
    dimensions = [by_name[name] for name in (*question["decided_by"], *question["beside"])]
    measures = [m for entry in dimensions for m in entry["measures"]]
    value = [m for m in measures if m.get("figure") == "opportunity_value"]

    def facts(standing: str, most: int = _MOST_FACTS) -> str:
        return _facts([m for m in measures if m["standing"] == standing and m["direction"]][:most], currency, horizon)

    because = question["because"]
    if because == "unmeasured":
        return f"{start}{_what_would_tell(dimensions, horizon)}."
    if because == "mixed":
        in_favour = facts("better", 1) or _facts(value, currency, horizon)
        return f"{start}for it, {in_favour}; against it, {facts('worse', 1)}."
    if because == "cost_unknown":
        return f"{start}what serving a customer costs is not known; signals and economics.signal_costs would tell."
    if because in ("earns", "loses", "may_lose"):
        more = {"earns": ", and nothing measured is worse", "may_lose": ", so it may lose money"}.get(because, "")
        return f"{start}{_facts(value, currency, horizon)}{more}."
    if because == "same":
        return f"{start}no clear difference; {facts('same')}."
    doubt = " That does not say that nobody is reached." if question["answer"] == "unclear" else ""
    return f"{start}{facts(because)}.{doubt}"


def _what_would_tell(dimensions: Sequence[Mapping[str, Any]], horizon: int) -> str:
    """Say which dimensions are not measured, and which columns would measure them, or why those there are do not."""
    blind = [e for e in dimensions if e["standing"] == "unmeasured"]
    measures = [m for e in blind or dimensions for m in e["measures"] if m["direction"] and not _measured(m)]
    names = list_words(tuple(_DIMENSIONS[e["dimension"]].lower() for e in blind or dimensions), "and")
    if not measures:
        return f"the config names nothing that would measure {names}"
    needs = list(dict.fromkeys(m["needs"] for m in measures if "needs" in m))
    if blind and needs:
        missing = f"{names} {'is' if len(blind) == 1 else 'are'} not measured"
        return f"{missing}. What would tell: {'; '.join(needs[:_MOST_FACTS])}"
    told = tuple(f"{_decapitalised(_label(m, horizon))} ({m['here']['absent']})" for m in measures)
    return f"not measured: {list_words(told[:_MOST_FACTS], 'and')}"


def _facts(measures: Sequence[Mapping[str, Any]], currency: str | None, horizon: int) -> str:
    """Say measures with their ranges, and those of other accounts."""
    facts = []
    for measure in measures:
        here, there = (_figure(measure[side], measure["unit"], currency) for side in ("here", "elsewhere"))
        against = f", against {there} elsewhere" if there else ""
        facts.append(f"{_phrase(measure, horizon)} is {here}{against}")
    return "; ".join(facts)


def _line(measure: Mapping[str, Any], currency: str | None, horizon: int) -> Told:
    here, there = measure["here"], measure["elsewhere"]
    of = f"from {here['n']:,} {measure['of']}"
    if measure.get("share") == "kept_customers" and "count" in here:
        of += f"; {count(here['count'], 'such customer')}"
    clear = measure["standing"] if measure["standing"] in ("better", "worse") else ""
    return {
        "label": _label(measure, horizon),
        "here": f"{_figure(here, measure['unit'], currency)} {of}",
        "elsewhere": f"{_figure(there, measure['unit'], currency)} from {there['n']:,}" if "n" in there else "",
        "standing": clear if measure["direction"] else "for information",
    }


def _missing(measures: Sequence[Mapping[str, Any]], horizon: int) -> list[str]:
    """Say of each measure that is not there why, and what would measure it; what shares both is said together."""
    together: dict[tuple[str, str], list[str]] = {}
    for measure in measures:
        if not _measured(measure):
            labels = together.setdefault((measure["here"]["absent"], measure.get("needs", "")), [])
            label = _label(measure, horizon)
            labels.append(_decapitalised(label) if labels else label)
    return [
        f"{list_words(tuple(labels), 'and')}: not measured, {why}."
        + (f" What would measure it: {needs}." * bool(needs))
        for (why, needs), labels in together.items()
    ]


def _measured(measure: Mapping[str, Any]) -> bool:
    return "absent" not in measure["here"]


def _decapitalised(words: str) -> str:
    return words[:1].lower() + words[1:]


def _label(measure: Mapping[str, Any], horizon: int) -> str:
    words = _phrase(measure, horizon).removeprefix("the ").rstrip(",")
    return words[:1].upper() + words[1:]


def _phrase(measure: Mapping[str, Any], horizon: int) -> str:
    """Return what a measure is, as the subject of a sentence."""
    if "signal" in measure:
        return _SIGNALS[measure.get("aggregate", "mean")].format(signal=label_words(measure["signal"]))
    name = next(measure[kind] for kind in ("figure", "share", "opportunity") if kind in measure)
    sources = tuple(measure.get("sources") or ("channels that you can use",))
    months = count(measure["here"].get("months", horizon), "month")
    return _PHRASES.get(name, f"the {label_words(name)}").format(months=months, channels=list_words(sources, "or"))


def _figure(figure: Mapping[str, Any], unit: str, currency: str | None) -> str:
    """Write a figure with its range, empty where there is none."""
    if "absent" in figure:
        return ""
    ends = [_value(figure[end], unit, currency) for end in ("low", "high")]
    between = span(*ends) if ends[0] != ends[1] else "the same for all"
    return f"{_value(figure['estimate'], unit, currency)} ({between})"


def _value(value: float, unit: str, currency: str | None) -> str:
    if unit == "share":
        return percent(value)
    if unit == "money":
        return money(value, currency)
    if unit == "percent":
        return f"{number_words(round(value, 1))} %"
    if unit == "days":
        return f"{value:,.0f} days"
    return f"{value:.1f}" if unit == "score" else plain_size(value)
