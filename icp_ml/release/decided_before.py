"""What people decided on earlier releases, carried beside what a new discovery proposes: nothing undoes it unsaid.

A discovery proposes what its data supports; it does not know what a person rejected, changed or added before. Its
``criteria.json`` therefore carries the earlier decisions under ``decided_before``, each with the rule it was about and,
where that rule is proposed again, its id here. They are not applied: new data may have changed the case, and that is
for a person to say. ``icp review --again`` takes them again.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from icp_ml.criteria.identity import SAME_ACCOUNTS, jaccard, mask_of
from icp_ml.release.folder import DECISIONS, Release

Entry = dict[str, Any]
KEY = "decided_before"
_RULE = ("id", "key", "kind", "text", "when", "conditions")
_SIGNED = {"rejected": "reject", "accepted": "accept", "edited": "edit", "manual": "add"}


def decided_before(previous: Release | None, document: Mapping[str, Any], frame: pd.DataFrame) -> Entry | None:
    """Return what people decided on the previous release, and before it, as a new ``criteria.json`` carries it.

    Parameters
    ----------
    previous : Release or None
        The release before.
    document : mapping
        The new ``criteria.json``, its rules under the ids that live on.
    frame : DataFrame
        Typed attributes of the new cohort, by which a rule is seen to be proposed again.

    Returns
    -------
    dict or None
        ``release_id``; ``rules``: one entry a rule, with ``decision`` (its status then), ``by``, ``on``, ``note``,
        ``release_id`` (where it was taken), ``id``, ``key``, ``kind``, ``text``, ``when``, ``conditions``, ``renamed``,
        and ``here`` (its id in the new release, or None); of a rule that was changed, ``was``: what it was at first
        (``text``, ``when``, ``here``); ``tiers``: edges that a person moved, each with ``points``, ``by``, ``on``.
        None where nobody decided anything.
    """
    if previous is None:
        return None
    log = _log(previous.folder / DECISIONS)
    mine = [_decided(entry, log, previous) for entry in previous.criteria["criteria"] if _by_person(entry)]
    rules = [*_still_counting(previous.criteria, {rule["id"] for rule in mine}), *mine]
    earlier = {} if _reviewed(previous.criteria) else (previous.criteria.get(KEY) or {}).get("tiers", {})
    tiers = {**earlier, **_moved_edges(log)}
    if not rules and not tiers:
        return None
    return {"release_id": previous.id, "rules": [_found(r, document["criteria"], frame) for r in rules], "tiers": tiers}


def overruled(document: Mapping[str, Any]) -> list[Entry]:
    """Return the earlier decisions that a release goes against and on which nobody decided anew.

    These are a rule that was rejected and is proposed again, and one that a person changed or added and that the data
    do not propose.
    """
    return [rule for rule in _rules(document) if not _kept(rule, document["criteria"])]


def withdrawn(document: Mapping[str, Any]) -> list[Entry]:
    """Return the rules that a person had accepted and that the data no longer propose."""
    entries = document["criteria"]
    return [rule for rule in _rules(document) if rule["decision"] == "accepted" and not _is_there(rule, entries)]


def moved_edges(document: Mapping[str, Any]) -> dict[str, Entry]:
    """Return the tier edges that a person had moved and that lie elsewhere here, unless a person has reviewed this."""
    told = (document.get(KEY) or {}).get("tiers", {})
    if _reviewed(document):
        return {}
    return {edge: moved for edge, moved in told.items() if document["tiers"][edge] != moved["points"]}


def unanswered(document: Mapping[str, Any]) -> bool:
    """Whether a release undoes what a person decided, and no person has reviewed it since."""
    return not _reviewed(document) and bool(overruled(document) or moved_edges(document))


def _reviewed(document: Mapping[str, Any]) -> bool:
    return document["review"] is not None


def _still_counting(document: Mapping[str, Any], decided: Collection[str]) -> list[Entry]:
    """Return the decisions of before a release on which nobody decided in it.

    Whoever reviewed it saw which rules of people it lacks; those not taken again then were let go. What was rejected is
    remembered for as long as nobody says otherwise.
    """
    gone = {rule["id"] for rule in overruled(document)} if _reviewed(document) else set()
    return [
        rule
        for rule in _rules(document)
        if not {rule["id"], rule["here"]} & set(decided) and (rule["decision"] == "rejected" or rule["id"] not in gone)
    ]


def _rules(document: Mapping[str, Any]) -> list[Entry]:
    return list((document.get(KEY) or {}).get("rules", ()))


def _by_person(entry: Mapping[str, Any]) -> bool:
    return bool(entry["status"] != "proposed")


def _decided(entry: Mapping[str, Any], log: Sequence[Entry], previous: Release) -> Entry:
    """Return one decision with who, when and why, from the log where it says so, else from the last signature."""
    mine = [told for told in log if told.get("rule") == entry["id"]]
    of_status = [told for told in mine if told["decision"] == _SIGNED[entry["status"]]]
    review = previous.criteria["review"] or {}
    signed = (of_status or mine or [review])[-1]
    told: Entry = {
        "decision": entry["status"],
        "by": str(signed.get("by", "")),
        "on": str(signed.get("at", ""))[:10],
        "note": str(signed.get("note") or ""),
        "release_id": previous.id,
        **{name: entry.get(name) for name in _RULE},
        "renamed": any(step["decision"] == "rename" for step in mine),
    }
    if entry.get("was"):
        told["was"] = {name: entry["was"][0][name] for name in ("text", "when")}
    if entry.get("reason"):
        told["reason"] = entry["reason"]
    return told


def _moved_edges(log: Sequence[Entry]) -> dict[str, Entry]:
    """Return where a person last put each edge."""
    moved = [told for told in log if told["decision"] == "tier"]
    return {t["edge"]: {"points": t["after"], "by": t["by"], "on": t["at"][:10], "note": t["note"]} for t in moved}


def _found(rule: Entry, entries: Sequence[Mapping[str, Any]], frame: pd.DataFrame) -> Entry:
    """Return a decision with the ids under which its rule, and what that was at first, are proposed again."""
    alike = [entry for entry in entries if entry["kind"] == rule["kind"]]
    own = next((entry["id"] for entry in alike if entry["id"] == rule["id"]), None)
    found = {**rule, "here": own or _same_accounts(rule["when"], alike, frame)}
    if "was" in rule:
        found["was"] = {**rule["was"], "here": _same_accounts(rule["was"]["when"], alike, frame)}
    return found


def _same_accounts(when: Mapping[str, Any], entries: Sequence[Mapping[str, Any]], frame: pd.DataFrame) -> str | None:
    """Return the id of the rule that covers the same accounts, None where none does."""
    mine = mask_of(when, frame)
    overlaps = [(jaccard(mine, mask_of(entry["when"], frame)), entry["id"]) for entry in entries]
    share, identity = max(overlaps, default=(0.0, ""))
    return identity if share >= SAME_ACCOUNTS else None


def _kept(rule: Mapping[str, Any], entries: Sequence[Mapping[str, Any]]) -> bool:
    """Whether a release keeps to an earlier decision, or a person has decided on the rule anew."""
    if rule["decision"] == "accepted":
        return True
    if rule["decision"] == "rejected":
        return all(_by_person(entry) for entry in entries if entry["id"] == rule["here"])
    return _is_there(rule, entries)


def _is_there(rule: Mapping[str, Any], entries: Sequence[Mapping[str, Any]]) -> bool:
    """Whether a rule stands among those of a release, proposed or put there by a person."""
    ids, own = (rule["here"], rule["id"]), (rule["kind"], rule["key"])
    return any(entry["id"] in ids or (entry["kind"], entry["key"]) == own for entry in entries)


def _log(path: Path) -> list[Entry]:
    """Return the decisions of a release, the oldest first; none where nobody reviewed it."""
    if not path.is_file():
        return []
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]
