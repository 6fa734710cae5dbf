"""What changed from one release's rules to another's: which came, went, moved, and what else decides a tier."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from icp_ml.conditions import Rule
from icp_ml.release.active import active_document

_ABOUT = {"include": "pursue", "exclude": "refuse"}


@dataclass(frozen=True)
class RuleChange:
    """One difference.

    Parameters
    ----------
    what : str
        ``came``, ``went``, ``moved`` (other conditions under the same id), ``points``, ``line`` (a scorecard line with
        other conditions), ``status``, ``renamed``, ``base``, ``tier`` or ``attribute``.
    id : str
        The rule's id, the tier's name or the attribute's; empty for the base.
    before, after : Any
        Words of a rule, points, status, or a number; None where there is none.
    text : str
        The change in a sentence.
    """

    what: str
    id: str
    before: Any
    after: Any
    text: str

    def as_dict(self) -> dict[str, Any]:
        """Return the change as JSON."""
        return {"what": self.what, "id": self.id, "before": self.before, "after": self.after, "text": self.text}


def rule_changes(before: Mapping[str, Any], after: Mapping[str, Any], accepted_only: bool = False) -> list[RuleChange]:
    """Return what changed between two ``criteria.json`` documents for whoever runs their active rules.

    Parameters
    ----------
    before, after : mapping
        Valid documents; a rule keeps its id from release to release as the contract says.
    accepted_only : bool, default False
        Whether only rules that a person decided on are active.

    Returns
    -------
    list of RuleChange
        Empty where every account scores alike and every rule says the same; rules first, in the order of the newer
        file, then those that went, then points, base, tier edges and how attributes are read.
    """
    old, new = (active_document(document, accepted_only) for document in (before, after))
    rules_before, rules_after = ({c["id"]: c for c in document["criteria"]} for document in (old, new))
    rejected = {c["id"] for c in before["criteria"] if c["status"] == "rejected"}
    changes = [c for rule in new["criteria"] for c in _of_rule(rules_before.get(rule["id"]), rule, rejected)]
    changes += [_went(rule, before, after) for rule in old["criteria"] if rule["id"] not in rules_after]
    return changes + _of_points(old, new) + _of_edges(old, new) + _of_attributes(old, new)


def _of_rule(old: Mapping[str, Any] | None, new: Mapping[str, Any], rejected: Collection[str]) -> list[RuleChange]:
    """Return what changed in one rule that is active now; ids of those a person had rejected are told as such."""
    name, words = new["id"], new["text"]
    if old is None:
        again = "; before, it was rejected" if name in rejected else ""
        return [RuleChange("came", name, None, words, f"{name} came: {_ABOUT[new['kind']]} “{words}”{again}.")]
    if old["key"] != new["key"]:
        text = f"{name} moved: “{words}”, before “{old['text']}”."
        return [RuleChange("moved", name, old["text"], words, text)]
    changes = []
    if old["text"] != words:
        text = f"{name} is now called “{words}”, before “{old['text']}”; its conditions are the same."
        changes.append(RuleChange("renamed", name, old["text"], words, text))
    if old["status"] != new["status"]:
        text = f"{name} is now {new['status']}, before {old['status']}."
        changes.append(RuleChange("status", name, old["status"], new["status"], text))
    return changes


def _went(rule: Mapping[str, Any], before: Mapping[str, Any], after: Mapping[str, Any]) -> RuleChange:
    """Return that a rule is no longer active, and whether a person rejected it."""
    now = next((c["status"] for c in after["criteria"] if c["id"] == rule["id"]), None)
    why = {None: "nothing found supports it any more", "rejected": "it was rejected"}.get(now, f"it is {now}")
    return RuleChange("went", rule["id"], rule["text"], None, f"{rule['id']} went: “{rule['text']}”; {why}.")


def _of_points(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[RuleChange]:
    """Return whose points, or whose lines' conditions, changed, of rules that are active in both."""
    changes = []
    keys = {c["id"]: c["key"] for c in old["criteria"]}
    for rule in new["criteria"]:
        name = rule["id"]
        if name not in keys:
            continue
        before, after = (_lines(document, name) for document in (old, new))
        x, y = (sum(points for _, points in lines) for lines in (before, after))
        if x != y:
            changes.append(RuleChange("points", name, x, y, f"{name} counts {y:+d} points, before {x:+d}."))
        elif before != after and keys[name] == rule["key"]:
            text = f"{name}'s line in the scorecard holds for other accounts than before, for the same {y:+d} points."
            changes.append(RuleChange("line", name, x, y, text))
    return changes


def _lines(document: Mapping[str, Any], name: str) -> list[tuple[str, int]]:
    """Return what earns a rule's points, and how many each."""
    items = [i for i in document["scorecard"]["items"] if i["criterion"] == name]
    return sorted((Rule.from_jsonlogic(i["when"]).key(), int(i["points"])) for i in items)


def _of_edges(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[RuleChange]:
    changes = []
    bases = int(old["scorecard"]["base"]), int(new["scorecard"]["base"])
    if bases[0] != bases[1]:
        text = f"Every account starts from {bases[1]} points, before {bases[0]}."
        changes.append(RuleChange("base", "", *bases, text))
    for tier, words in (("green", "starts at"), ("red", "is under")):
        edges = int(old["tiers"][tier]), int(new["tiers"][tier])
        if edges[0] != edges[1]:
            text = f"{tier.capitalize()} {words} {edges[1]} points, before {edges[0]}."
            changes.append(RuleChange("tier", tier, *edges, text))
    return changes


def _of_attributes(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[RuleChange]:
    """Return attributes that are read otherwise: another column, type or separator."""
    changes = []
    for name, entry in new["attributes"].items():
        before = old["attributes"].get(name)
        keys = ("type", "column", "separator", "decimal")
        if before is None or all(before.get(key) == entry.get(key) for key in keys):
            continue
        was, now = ({key: e[key] for key in keys if key in e} for e in (before, entry))
        said = " and ".join(
            f"{key} {entry.get(key)!r}, before {before.get(key)!r}" for key in keys if before.get(key) != entry.get(key)
        )
        changes.append(RuleChange("attribute", name, was, now, f"Attribute {name} is read otherwise: {said}."))
    return changes
