"""The decisions that people took on earlier releases, to be taken again on a new one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from icp_ml.conditions import Rule
from icp_ml.errors import ConfigError
from icp_ml.release.decided_before import KEY, moved_edges
from icp_ml.review.decisions import Decisions, Edges, NewRule

Entry = dict[str, Any]
_AS = "as "


def decisions_again(document: Mapping[str, Any], beside: Decisions) -> Decisions:
    """Return a person's decisions, with those that people took before on the same rules.

    A rule rejected or accepted before is so again where it is proposed; one that was changed or added and is not here
    is added, in place of what it was at first where that is proposed; other words are kept where the conditions are the
    same. What is decided now comes first, and a rule of an attribute that is gone is left alone.

    Parameters
    ----------
    document : mapping
        Content of ``criteria.json``.
    beside : Decisions
        What is decided now.

    Raises
    ------
    ConfigError
        If nobody decided anything before.
    """
    before = document.get(KEY)
    if not before:
        raise ConfigError(
            "--again: no decisions of people are known from before this release; they are where it was made with "
            "--previous and a person had reviewed that release"
        )
    taken = _Again(document, before).decisions(named={*beside.accept, *beside.reject, *beside.edit})
    signed = [*before["rules"], *moved_edges(document).values()]
    return beside.beside(replace(taken, note="; ".join(dict.fromkeys(_reason(told) for told in signed))))


class _Again:
    """Decisions of before on the rules of a release."""

    def __init__(self, document: Mapping[str, Any], before: Mapping[str, Any]) -> None:
        self.document, self.rules = document, before["rules"]
        self.entries = {entry["id"]: entry for entry in document["criteria"]}

    def decisions(self, named: set[str]) -> Decisions:
        """Return them, without those on rules that are named."""
        here = [rule for rule in self.rules if rule["here"] and rule["here"] not in named]
        gone = [rule for rule in self.rules if self._to_bring_back(rule)]
        in_place = {first: rule for rule in gone if (first := _first(rule)) and first not in named}
        return Decisions(
            accept=tuple(rule["here"] for rule in here if rule["decision"] != "rejected" and self._waits(rule)),
            reject=tuple(rule["here"] for rule in here if rule["decision"] == "rejected" and self._waits(rule)),
            rename={rule["here"]: rule["text"] for rule in here if self._name_lost(rule)},
            edit={first: rule["conditions"] for first, rule in in_place.items()},
            add=tuple(_as_new(rule) for rule in gone if rule not in in_place.values()),
            tiers=Edges(**{edge: moved["points"] for edge, moved in moved_edges(self.document).items()}),
        )

    def _waits(self, rule: Entry) -> bool:
        return bool(self.entries[rule["here"]]["status"] == "proposed")

    def _name_lost(self, rule: Entry) -> bool:
        """Whether a rule of the same conditions is called otherwise than a person wanted."""
        entry = self.entries[rule["here"]]
        return bool(rule["renamed"] and entry["key"] == rule["key"] and entry["text"] != rule["text"])

    def _to_bring_back(self, rule: Entry) -> bool:
        """Whether a person's own rule is not here and could be."""
        if rule["decision"] not in ("edited", "manual") or rule["here"] or rule["id"] in self.entries:
            return False
        known = self.document["attributes"]
        names = Rule.from_jsonlogic(rule["when"]).attributes
        there = all(name in known and known[name].get("use", "criterion") == "criterion" for name in names)
        return there and rule["key"] not in {entry["key"] for entry in self.entries.values()}


def _first(rule: Entry) -> str | None:
    """Return the id here of what a changed rule was at first, None where the data do not propose that again."""
    found: str | None = (rule.get("was") or {}).get("here")
    return found


def _reason(told: Mapping[str, Any]) -> str:
    """Say who decided first, and why; a reason that says so already stays as it is."""
    if told["note"].startswith(_AS):
        return str(told["note"])
    return f"{_AS}{told['by']} decided on {told['on']}{': ' if told['note'] else ''}{told['note']}"


def _as_new(rule: Entry) -> NewRule:
    return NewRule(
        kind=rule["kind"],
        when=rule["conditions"],
        text=rule["text"],
        reason=rule.get("reason") or f"decided by {rule['by']} on {rule['on']}",
    )
