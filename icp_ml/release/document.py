"""``criteria.json`` as a dict. Contract, section 5."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from icp_ml.conditions import Rule
from icp_ml.config.schema import Attribute, Config
from icp_ml.release.json_text import json_ready
from icp_ml.tables.mapping import attribute_column, candidates
from icp_ml.tables.parsing import FALSE_WORDS, TRUE_WORDS

if TYPE_CHECKING:
    import pandas as pd

    from icp_ml.cohort.cohort import Cohort
    from icp_ml.criteria.types import CriteriaResult, Evidence, Proposal, StatedAudit
    from icp_ml.scorecard.types import Scorecard, ScoreItem

SCHEMA_VERSION = "1.0"
ACTIONS = {"green": "pursue", "yellow": "inbound only, with approval and a written reason", "red": "decline"}
_BOOLEANS = {"true": TRUE_WORDS, "false": FALSE_WORDS}
_INPUT_COLUMNS = ("account_id", "name", "observed_at")


def criteria_document(
    result: CriteriaResult,
    scorecard: Scorecard,
    config: Config,
    cohort: Cohort,
    release_id: str,
    review: Mapping[str, Any] | None = None,
    found_columns: Mapping[str, str] | None = None,
) -> dict[str, Any]:
    """Return the content of ``criteria.json``, in the contract's key order; what is ours comes last.

    Parameters
    ----------
    result : CriteriaResult
        Proposals, in the order the file lists them.
    scorecard : Scorecard
        Base, items and tier edges.
    config : Config
        As resolved: presets applied, overrides set.
    cohort : Cohort
        Source of the as-of date and the currency.
    release_id : str
        Id of the release the document is for.
    review : mapping, optional
        A person's decision; None where nobody has decided.
    found_columns : mapping, optional
        ``account_id``, ``name`` and ``observed_at``, those that there are, to their names in the accounts' file, for
        whoever writes a query on it.
    """
    return {
        **_heading(config, cohort, release_id),
        "attributes": _with_booleans(attribute_entries(config), cohort.latest),
        "review": json_ready(review) if review is not None else None,
        "criteria": [_criterion(p) for p in result.proposals],
        "scorecard": {
            "target": scorecard.target,
            "base": int(scorecard.base),
            "items": [_item(i) for i in scorecard.items],
            "figures": json_ready(scorecard.figures),
        },
        "tiers": {"green": int(scorecard.green), "red": int(scorecard.red), "actions": dict(ACTIONS)},
        "not_proposed": result.not_proposed or _no_points(result, scorecard),
        **_input_columns(config),
        **({} if found_columns is None else {"found_columns": dict(found_columns)}),
        "totals": json_ready(result.totals),
        "stated": _stated(result.stated),
        "searched": json_ready(result.searched),
        "retired_ids": list(result.retired_ids),
    }


def released_segments(document: Mapping[str, Any], release_id: str) -> dict[str, Any]:
    """Return the content of ``segments.json`` for a release: the segments' own document, rounded, with the id."""
    ready: dict[str, Any] = json_ready(document)
    return {"schema_version": ready["schema_version"], "name": ready["name"], "release_id": release_id, **ready}


def attribute_entries(config: Config) -> dict[str, Any]:
    """Return what a reader of the rules must know of each attribute that is not ignored, by standard name."""
    return {name: _attribute(name, spec, config) for name, spec in config.attributes.items() if spec.use != "ignore"}


def attributes_from(document: Mapping[str, Any]) -> dict[str, Attribute]:
    """Read the attributes of a ``criteria.json`` back, by standard name."""
    known = ("type", "unit", "separator", "order", "decimal", "column", "from", "use")
    return {
        name: Attribute.model_validate({k: entry[k] for k in known if k in entry})
        for name, entry in document["attributes"].items()
    }


def proposals_from(document: Mapping[str, Any]) -> tuple[Proposal, ...]:
    """Read the rules of a ``criteria.json`` back; one without evidence has NaN in place of figures."""
    # Discovery is slow to load and not needed to score.
    from icp_ml.criteria.types import Proposal

    return tuple(
        Proposal(
            entry["id"],
            entry["kind"],
            Rule.from_jsonlogic(entry["when"]),
            entry["text"],
            _evidence_from(entry["evidence"] or {}),
            dict(entry["receipt"] or {}),
            entry["status"],
        )
        for entry in document["criteria"]
    )


def scorecard_from(document: Mapping[str, Any]) -> Scorecard:
    """Read the scorecard of a ``criteria.json`` back."""
    from icp_ml.scorecard.types import Scorecard, ScoreItem

    card, tiers = document["scorecard"], document["tiers"]
    items = tuple(
        ScoreItem(i["criterion"], i["attribute"], Rule.from_jsonlogic(i["when"]), i["points"], i["text"])
        for i in card["items"]
    )
    return Scorecard(card["target"], card["base"], items, tiers["green"], tiers["red"], card.get("figures") or {})


def _evidence_from(told: Mapping[str, Any]) -> Evidence:
    from icp_ml.criteria.types import Evidence, Interval

    figures = {key: told.get(key, math.nan) for key in ("rate", "rate_elsewhere", "q_value")}
    unknown = {"estimate": math.nan, "low": math.nan, "high": math.nan}
    difference = Interval(**{**unknown, **told.get("risk_difference", {})})
    known = {*figures, "outcome", "n", "events", "risk_difference"}
    return Evidence(
        outcome=told.get("outcome", ""),
        n=told.get("n", 0),
        events=told.get("events", 0),
        risk_difference=difference,
        extra={key: value for key, value in told.items() if key not in known},
        **figures,
    )


def _with_booleans(entries: Mapping[str, Any], latest: pd.DataFrame) -> dict[str, Any]:
    """Return the entries, each category that says yes or no alone with its words for true and false.

    Whoever loads a column of Yes and No may get booleans of it; these are read as the words that the rules have.
    """
    found = {}
    for name, entry in entries.items():
        words = _boolean_words(latest[name]) if entry["type"] == "category" and name in latest else None
        found[name] = entry if words is None else {**entry, "booleans": words}
    return found


def _boolean_words(levels: pd.Series) -> dict[str, str] | None:
    """Return the one word for true and the one for false, None where a level is neither or there are two of a kind."""
    words = [str(level) for level in levels.dropna().unique()]
    by_value = {value: [w for w in words if w.lower() in known] for value, known in _BOOLEANS.items()}
    if not words or sum(map(len, by_value.values())) < len(words) or max(map(len, by_value.values())) > 1:
        return None
    return {value: found[0] if found else value for value, found in by_value.items()}


def rule_entries(rule: Rule) -> dict[str, Any]:
    """Return a rule's JsonLogic, numbers unrounded, and beside it the config's spelling, which people edit."""
    return {"when": rule.jsonlogic(), "conditions": [c.to_config() for c in rule.conditions]}


def _heading(config: Config, cohort: Cohort, release_id: str) -> dict[str, Any]:
    return {
        "schema_version": SCHEMA_VERSION,
        "name": config.name,
        "release_id": release_id,
        "as_of": cohort.as_of.isoformat(),
        "churn_horizon_months": config.outcomes.churn_horizon_months,
        "currency": cohort.currency,
    }


def _attribute(name: str, spec: Attribute, config: Config) -> dict[str, Any]:
    entry: dict[str, Any] = {"type": spec.type}
    if spec.unit:
        entry["unit"] = spec.unit
    if spec.type == "tags":
        entry["separator"] = spec.separator
    if spec.order:
        entry["order"] = list(spec.order)
    if getattr(spec, "decimal", None):
        entry["decimal"] = spec.decimal
    entry["column"] = attribute_column(config, name)
    if spec.from_ != "accounts":
        entry["from"] = spec.from_
    if spec.use != "criterion":
        entry["use"] = spec.use
    return entry


def _input_columns(config: Config) -> dict[str, Any]:
    """Return the names a scored file's own columns may have, the first that it has counting."""
    names = {c: list(dict.fromkeys((*candidates(config, "accounts", c), c))) for c in _INPUT_COLUMNS}
    date_format = config.table("accounts").date_format
    return {"columns": names} if date_format is None else {"columns": names, "date_format": date_format}


def _criterion(proposal: Proposal) -> dict[str, Any]:
    when = rule_entries(proposal.rule)
    return {
        "id": proposal.id,
        "key": proposal.rule.key(),
        "kind": proposal.kind,
        "status": proposal.status,
        "text": proposal.text,
        "when": when["when"],
        "evidence": evidence_entry(proposal.evidence),
        "receipt": json_ready(proposal.receipt),
        "conditions": when["conditions"],
    }


def evidence_entry(evidence: Evidence) -> dict[str, Any]:
    """Return evidence as the document has it."""
    difference = evidence.risk_difference
    figures = {
        "outcome": evidence.outcome,
        "n": evidence.n,
        "events": evidence.events,
        "rate": evidence.rate,
        "rate_elsewhere": evidence.rate_elsewhere,
        "risk_difference": {
            "estimate": difference.estimate,
            "low": difference.low,
            "high": difference.high,
            "level": difference.level,
        },
        "q_value": evidence.q_value,
    }
    extra = {k: v for k, v in evidence.extra.items() if k not in figures}
    ready: dict[str, Any] = json_ready({**figures, **extra})
    return ready


def _item(item: ScoreItem) -> dict[str, Any]:
    return {
        "criterion": item.criterion,
        "attribute": item.attribute,
        "when": item.rule.jsonlogic(),
        "points": int(item.points),
        "text": item.text,
    }


def _no_points(result: CriteriaResult, scorecard: Scorecard) -> str | None:
    """Why the scorecard is empty although something was proposed."""
    if scorecard.items:
        return None
    why = "no effect on the score's target passed the evidence test"
    ids = ", ".join(p.id for p in result.proposals)
    return f"{why}; {ids} set the tier but carry no points" if ids else why


def _stated(stated: StatedAudit | None) -> dict[str, Any] | None:
    return None if stated is None else json_ready(asdict(stated))
