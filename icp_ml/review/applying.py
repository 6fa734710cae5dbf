"""A release's rules after a person has decided: statuses, words, rules changed or added, each with its evidence.

Nothing is fitted again: base and the points of other rules stay. A rule that a person changed or added is judged by the
standard of stated rules, is marked as chosen by a person, and earns points only where the data supports it.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from icp_ml.cohort.cohort import Cohort
from icp_ml.conditions import Rule
from icp_ml.config.schema import Config
from icp_ml.criteria.identity import Kind, ids_before, next_id
from icp_ml.criteria.judging import Judgement, judge_rules
from icp_ml.criteria.receipts import exclusion_totals
from icp_ml.errors import ConfigError, nearest
from icp_ml.release.active import active_document
from icp_ml.release.document import evidence_entry, proposals_from, rule_entries, scorecard_from
from icp_ml.release.json_text import json_ready
from icp_ml.review.decisions import Decisions, NewRule, Threshold
from icp_ml.scorecard.beside import points_beside
from icp_ml.scorecard.building import tier_figures

Entry = dict[str, Any]
_CHOSEN = "chosen_by"
_NEWLY_RANKED = "the rules were changed by a person; the next discovery measures the ranking anew"


@dataclass(frozen=True)
class Applied:
    """What came of some decisions.

    Parameters
    ----------
    document : dict
        The new content of ``criteria.json``.
    log : tuple of dict
        One entry a decision, as ``decisions.jsonl`` has it: who, when, why, what, and what was before.
    judged : dict of str to Judgement
        By id, what the data says of each rule that was changed or added.
    """

    document: dict[str, Any]
    log: tuple[Entry, ...]
    judged: dict[str, Judgement]


def apply_decisions(
    document: Mapping[str, Any],
    decisions: Decisions,
    cohort: Cohort,
    config: Config,
    at: str,
    set_apart: Sequence[str] = (),
) -> Applied:
    """Return the rules as they stand after a person's decisions.

    Parameters
    ----------
    document : mapping
        Content of ``criteria.json``.
    decisions : Decisions
        With a name.
    cohort : Cohort
        The release's own accounts.
    config : Config
        The release's own config.
    at : str
        ISO timestamp.
    set_apart : sequence of str
        Attributes under suspicion of a leak: no rule may use them.

    Raises
    ------
    ConfigError
        If a decision names no rule, contradicts another, or a rule cannot be read.
    """
    return _Review(document, decisions, cohort, config, at, set_apart).applied()


class _Review:
    """One person's decisions on the way into a document."""

    def __init__(
        self,
        document: Mapping[str, Any],
        decisions: Decisions,
        cohort: Cohort,
        config: Config,
        at: str,
        set_apart: Sequence[str],
    ) -> None:
        self.document: dict[str, Any] = copy.deepcopy(dict(document))
        self.decisions, self.cohort, self.config, self.at = decisions, cohort, config, at
        self.attributes = {n: a for n, a in config.attributes.items() if a.use == "criterion"}
        self.set_apart = set_apart
        self.horizon = int((document.get("searched") or {}).get("horizon_months", document["churn_horizon_months"]))
        self.entries: dict[str, Entry] = {entry["id"]: entry for entry in self.document["criteria"]}
        self.active_before = {entry["id"] for entry in self._active()}
        self.log: list[Entry] = []
        self.judged: dict[str, Judgement] = {}

    def applied(self) -> Applied:
        """Return the document after every decision, rules first, since what is renamed may be new."""
        self._check()
        self._change_rules()
        self._decide("accept", self.decisions.accept)
        self._decide("reject", self.decisions.reject)
        self._rename()
        self._move_edges()
        self._count_again()
        return Applied(self.document, tuple(self.log), self.judged)

    def _check(self) -> None:
        """Raise if a decision names no rule, or one contradicts another."""
        decisions = self.decisions
        if not decisions.by.strip():
            raise ConfigError("a decision needs a name: say who decided with --by NAME")
        named = [*decisions.accept, *decisions.reject, *decisions.rename, *decisions.edit]
        for wanted in [*named, *(threshold.rule for threshold in decisions.thresholds)]:
            if wanted not in self.entries:
                known = ", ".join(self.entries) or "it has none"
                raise ConfigError(f"{wanted!r} must be a rule of this release: {known}{nearest(wanted, self.entries)}")
        both = sorted(set(decisions.accept) & set(decisions.reject))
        if both:
            raise ConfigError(f"{', '.join(both)} cannot be accepted and rejected at once; name it in one of the two")

    def _change_rules(self) -> None:
        """Edit and add rules, all judged together."""
        changed = [(i, self.entries[i]["kind"], self._edited(i)) for i in self._to_edit()]
        added = [(self._free_id(rule, at), rule.kind, self._parsed(rule)) for at, rule in enumerate(self.decisions.add)]
        self._not_there_yet([*changed, *added])
        others = {e["id"]: Rule.from_jsonlogic(e["when"]) for e in self._active() if e["kind"] == "exclude"}
        wanted = [*changed, *added]
        judged = judge_rules(self.cohort, self.config, [(kind, rule) for _, kind, rule in wanted], self.horizon, others)
        for (identity, _, rule), judgement in zip(wanted, judged, strict=True):
            self.judged[identity] = judgement
            if identity in self.entries:
                self._put_in_place(identity, rule, judgement)
        for (identity, _, rule), new in zip(added, self.decisions.add, strict=True):
            self._put_new(identity, rule, new, self.judged[identity])

    def _to_edit(self) -> list[str]:
        return list(dict.fromkeys([*self.decisions.edit, *(t.rule for t in self.decisions.thresholds)]))

    def _edited(self, identity: str) -> Rule:
        """Return a rule with its new conditions."""
        spelled = self.decisions.edit.get(identity)
        conditions = [dict(c) for c in spelled or self._conditions(identity)]
        for threshold in (t for t in self.decisions.thresholds if t.rule == identity):
            _set(conditions, threshold)
        return self._rule(conditions, f"edit {identity}")

    def _conditions(self, identity: str) -> list[dict[str, Any]]:
        rule = Rule.from_jsonlogic(self.entries[identity]["when"])
        return [condition.to_config() for condition in rule.conditions]

    def _parsed(self, new: NewRule) -> Rule:
        return self._rule(new.when, "add")

    def _rule(self, conditions: Sequence[Mapping[str, Any]], where: str) -> Rule:
        rule = Rule.parse(list(conditions), self.attributes, where)
        apart = [name for name in rule.attributes if name in self.set_apart]
        if apart:
            raise ConfigError(
                f"{where}: {apart[0]!r} is set apart, since it looks as if it was filled in after the sale; if it is "
                "known before, say trust: true in the config and run 'icp discover' again"
            )
        return rule

    def _free_id(self, rule: NewRule, at: int) -> str:
        """Return the id that a person's rule had before, else one no rule ever had.

        Those added before it in the same breath count.
        """
        own = self._id_before(rule)
        if own is not None:
            return own
        used = set(ids_before(self.document))
        letters = ["X" if new.kind == "exclude" else "C" for new in self.decisions.add[: at + 1]]
        for letter in letters:
            identity = next_id(letter, used)
            used.add(identity)
        return identity

    def _id_before(self, new: NewRule) -> str | None:
        """Return the id under which the same rule stood in an earlier release, where it is free."""
        key = self._parsed(new).key()
        before = (self.document.get("decided_before") or {}).get("rules", ())
        ids = [rule["id"] for rule in before if (rule["kind"], rule["key"]) == (new.kind, key)]
        return next((identity for identity in ids if identity not in self.entries), None)

    def _not_there_yet(self, wanted: Sequence[tuple[str, Kind, Rule]]) -> None:
        """Raise if a rule stands there already, or twice in what is wanted."""
        keys = {entry["key"]: entry["id"] for entry in self.document["criteria"]}
        for identity, _, rule in wanted:
            there = keys.get(rule.key())
            if there is not None:
                words = rule.text(self.config.attributes)
                raise ConfigError(f"“{words}” stands in this release already, as {there}; accept or reject that one")
            keys[rule.key()] = identity

    def _put_in_place(self, identity: str, rule: Rule, judgement: Judgement) -> None:
        """Give a rule other conditions; what it was stays with it."""
        entry, words = self.entries[identity], rule.text(self.config.attributes)
        was = {key: entry.get(key) for key in ("text", "status", "when", "conditions", "evidence")}
        self._told("edit", entry, after=words)
        entry.update(self._judged_entry(rule, judgement), text=words, status="edited")
        entry["was"] = [*entry.get("was", []), was]
        self._give_points(entry, rule, judgement)

    def _put_new(self, identity: str, rule: Rule, new: NewRule, judgement: Judgement) -> None:
        entry: Entry = {"id": identity, "key": "", "kind": new.kind, "status": "manual"}
        entry["text"] = new.text or rule.text(self.config.attributes)
        entry.update(self._judged_entry(rule, judgement))
        if new.reason:
            entry["reason"] = new.reason
        self.entries[identity] = entry
        self.document["retired_ids"] = [i for i in self.document.get("retired_ids", ()) if i != identity]
        listed = self.document["criteria"]
        refused = [at for at, known in enumerate(listed) if known["kind"] == "exclude"]
        # Exclusions come first in the file, and so among the matched criteria of an account.
        listed.insert(refused[-1] + 1 if refused else 0, entry) if new.kind == "exclude" else listed.append(entry)
        self._told("add", entry, before=None, after=entry["text"], status_before=None)
        self._give_points(entry, rule, judgement)

    def _judged_entry(self, rule: Rule, judgement: Judgement) -> Entry:
        """Return what a rule chosen by a person says of itself."""
        evidence = None if judgement.evidence is None else evidence_entry(judgement.evidence)
        return {
            "key": rule.key(),
            **rule_entries(rule),
            "evidence": evidence,
            "receipt": json_ready(judgement.receipt),
            _CHOSEN: {"by": self.decisions.by, "on": self.at[:10]},
            "judged": {"standing": judgement.standing, "why": judgement.why, "verdict": judgement.verdict},
        }

    def _give_points(self, entry: Entry, rule: Rule, judgement: Judgement) -> None:
        """Set the rule's own line of the scorecard; none where the data does not support the rule."""
        card = self.document["scorecard"]
        at = next((i for i, item in enumerate(card["items"]) if item["criterion"] == entry["id"]), len(card["items"]))
        card["items"] = [item for item in card["items"] if item["criterion"] != entry["id"]]
        beside = scorecard_from(active_document(self.document))
        points = 0
        if judgement.supported:
            points = points_beside(beside, rule, entry["kind"], self.cohort, self.config, self.horizon)
        if points:
            line = {"criterion": entry["id"], "attribute": rule.attributes[0], "when": rule.jsonlogic()}
            card["items"].insert(at, {**line, "points": points, "text": entry["text"]})

    def _decide(self, what: str, ids: Sequence[str]) -> None:
        for identity in ids:
            entry = self.entries[identity]
            status = "rejected" if what == "reject" else self._accepted(entry)
            self._told(what, entry, status=status)
            entry["status"] = status

    def _accepted(self, entry: Mapping[str, Any]) -> str:
        """Return the status of a rule that is accepted: one that a person made stays marked as such."""
        if _CHOSEN not in entry:
            return "accepted"
        return "edited" if entry.get("was") else "manual"

    def _rename(self) -> None:
        for identity, words in self.decisions.rename.items():
            entry = self.entries[identity]
            self._told("rename", entry, after=words)
            for item in self.document["scorecard"]["items"]:
                if item["criterion"] == identity:
                    item["text"] = words
            entry["text"] = words

    def _move_edges(self) -> None:
        tiers, wanted = self.document["tiers"], self.decisions.tiers
        for edge in ("green", "red"):
            value, before = getattr(wanted, edge), tiers[edge]
            if value is not None and value != before:
                tiers[edge] = value
                told = {"decision": "tier", "edge": edge, "before": before, "after": value}
                self.log.append({**self._signed(), **told})
        if tiers["red"] > tiers["green"]:
            raise ConfigError(
                f"tiers: red begins under {tiers['red']} and green at {tiers['green']}; red must not reach over green"
            )

    def _count_again(self) -> None:
        """Count what follows from the rules that are active now, and sign."""
        active = active_document(self.document)
        proposals, card = proposals_from(active), scorecard_from(active)
        refused = [proposal.rule for proposal in proposals if proposal.kind == "exclude"]
        self.document["totals"] = json_ready(exclusion_totals(self.cohort, refused, self.horizon))
        figures = tier_figures(card, proposals, self.cohort, self.horizon)
        before = self.document["scorecard"].get("figures") or {}
        if "ranking" in before:
            figures["ranking"] = before["ranking"] if not self._other_score() else {"absent": _NEWLY_RANKED}
        self.document["scorecard"]["figures"] = json_ready(figures)
        self.document["review"] = self._signature()

    def _other_score(self) -> bool:
        """Whether any account's score may be another than before."""
        active = {entry["id"] for entry in self._active()}
        return active != self.active_before or any(told["decision"] == "edit" for told in self.log)

    def _signature(self) -> dict[str, Any]:
        """Return who decided last, and how the rules stand."""
        before = self.document["review"] or {}
        standing = {status: [e["id"] for e in self.document["criteria"] if e["status"] == status] for status in _STATES}
        signed = {"by": self.decisions.by, "at": self.at, "note": self.decisions.note}
        return {**signed, "times": int(before.get("times", 0)) + 1, **standing}

    def _active(self) -> list[Entry]:
        return [entry for entry in self.document["criteria"] if entry["status"] != "rejected"]

    def _signed(self) -> Entry:
        told = {"at": self.at, "by": self.decisions.by, "note": self.decisions.note}
        return {**told, "release_id": self.document["release_id"]}

    def _told(self, what: str, entry: Mapping[str, Any], status: str | None = None, **more: Any) -> None:
        """Note a decision, with what was before."""
        told = {"decision": what, "rule": entry["id"], "text": entry["text"]}
        if status is not None:
            told |= {"before": entry["status"], "after": status}
        elif what != "add":
            told |= {"before": entry["text"]}
        self.log.append({**self._signed(), **told, **{k: v for k, v in more.items() if v is not None}})


_STATES = ("accepted", "edited", "manual", "rejected", "proposed")


def _set(conditions: list[dict[str, Any]], threshold: Threshold) -> None:
    """Set one value of a rule's conditions; the operator may change with it, the attribute not."""
    mine = [c for c in conditions if c["attribute"] == threshold.attribute]
    if len(mine) != 1:
        has = ", ".join(dict.fromkeys(c["attribute"] for c in conditions))
        say = "speaks of it twice: give all its conditions with --from" if mine else f"speaks of {has}"
        raise ConfigError(f"--edit {threshold.rule}.{threshold.attribute}: {threshold.rule} {say}")
    unknown = {"or_unknown": True} if mine[0].get("or_unknown") else {}
    mine[0].clear()
    mine[0].update({"attribute": threshold.attribute, threshold.operator: threshold.value, **unknown})
