"""What people decided on a release is carried into the next one, and what that goes against is never left unsaid."""

from __future__ import annotations

import copy
import json
import shutil

import pytest

from icp_ml.criteria.identity import mask_of
from icp_ml.errors import ConfigError
from icp_ml.release.decided_before import decided_before, moved_edges, overruled, unanswered, withdrawn
from icp_ml.release.folder import CRITERIA, DECISIONS, Release
from icp_ml.release.gate import decisions_kept
from icp_ml.release.validation import validate_document
from icp_ml.report.decided_words import told_decided_before
from icp_ml.report.proposals import told_proposals
from icp_ml.report.retelling import standing_of
from icp_ml.review.again import decisions_again
from icp_ml.review.applying import apply_decisions
from icp_ml.review.decisions import Decisions, Edges, NewRule, Threshold

pytestmark = pytest.mark.slow
AT = "2026-07-01T10:00:00+00:00"
TINY = NewRule(kind="exclude", when=[{"attribute": "employee_count", "below": 12}], text="Tiny", reason="too small")


@pytest.fixture(scope="module")
def standing(discovered):
    return standing_of(Release.load(discovered))


@pytest.fixture
def proposed(discovered):
    """The rules as the data propose them: what a next discovery on the same data would come to."""
    return copy.deepcopy(Release.load(discovered).criteria)


@pytest.fixture
def reviewed(standing, tmp_path):
    """Decide on a document as a release on disk; returns that release."""

    def _reviewed(document, name="before", by="Ann", **decided):
        found = apply_decisions(document, Decisions(by=by, **decided), standing.kept.cohort, standing.config, AT)
        folder = tmp_path / name
        folder.mkdir()
        (folder / CRITERIA).write_text(json.dumps(found.document))
        (folder / DECISIONS).write_text("".join(json.dumps(entry) + "\n" for entry in found.log))
        return Release(folder, found.document, {})

    return _reviewed


@pytest.fixture
def following(standing):
    """A next discovery's document after a release: what it proposes, and what was decided before."""

    def _following(previous, document, identity="2026-09-30-bbbb"):
        new = {**copy.deepcopy(document), "release_id": identity}
        before = decided_before(previous, new, standing.kept.cohort.attributes)
        new |= {} if before is None else {"decided_before": before}
        validate_document(new)
        return new

    return _following


@pytest.fixture
def again(standing):
    def _again(document, **decided):
        decisions = decisions_again(document, Decisions(by="Bo", **decided))
        found = apply_decisions(document, decisions, standing.kept.cohort, standing.config, AT).document
        validate_document(found)
        return found

    return _again


def _first(document, kind):
    return next(c["id"] for c in document["criteria"] if c["kind"] == kind)


def _status(document, identity):
    return next((c["status"] for c in document["criteria"] if c["id"] == identity), None)


def _without(document, identity):
    kept = [c for c in document["criteria"] if c["id"] != identity]
    items = [i for i in document["scorecard"]["items"] if i["criterion"] != identity]
    card = {**document["scorecard"], "items": items}
    return {**document, "criteria": kept, "scorecard": card, "retired_ids": [identity]}


def test_where_nobody_decided_nothing_is_carried(proposed, following, tmp_path):
    assert "decided_before" not in following(None, proposed)
    untouched = Release(tmp_path, proposed, {})
    document = following(untouched, proposed)
    assert "decided_before" not in document
    assert told_decided_before(document) is None
    assert decisions_kept(document) == []
    with pytest.raises(ConfigError, match="no decisions of people are known"):
        decisions_again(document, Decisions(by="Bo"))


def test_a_rejected_rule_that_comes_back_is_told_and_closes_the_gate_until_someone_decides(
    proposed, reviewed, following, again, tmp_path
):
    x = _first(proposed, "exclude")
    new = following(reviewed(proposed, reject=(x,), note="our best customer is one"), proposed)
    assert _status(new, x) == "proposed", "new data may have changed the case: it is not applied by itself"
    (gone,) = overruled(new)
    assert (gone["decision"], gone["id"], gone["here"], gone["by"], gone["on"]) == (
        "rejected", x, x, "Ann", "2026-07-01",
    )  # fmt: skip
    told = told_decided_before(new)
    assert told["headline"] == "This release goes against 1 decision that a person took before."
    (sentence,) = told["texts"]
    assert "was rejected by Ann on 2026-07-01 (“our best customer is one”); the data proposes it again" in sentence
    assert told_proposals(new, "exclude")[0]["mind"][0] == sentence, "its own card says so too"
    assert f"--accept {x}" in told["next"]
    (check,) = decisions_kept(new)
    assert check.passed is False
    assert x in check.text

    kept = again(new)
    assert _status(kept, x) == "rejected"
    assert (kept["review"]["by"], kept["review"]["note"]) == (
        "Bo",
        "as Ann decided on 2026-07-01: our best customer is one",
    )
    folder = tmp_path / "second"
    folder.mkdir()
    third = again(following(Release(folder, kept, {}), proposed, "2026-12-31-cccc"))
    assert third["review"]["note"] == kept["review"]["note"], "who decided first, and why, is said as it was"
    anew = again(new, accept=(x,))
    assert _status(anew, x) == "accepted", "what is decided now comes first"
    for document in (kept, anew):
        assert not overruled(document)
        assert told_decided_before(document) is None
        assert decisions_kept(document) == []


def test_an_accepted_rule_is_accepted_again_and_one_that_is_gone_is_named(proposed, reviewed, following, again):
    x = _first(proposed, "exclude")
    before = reviewed(proposed, accept=(x,))
    assert not unanswered(following(before, proposed))
    assert _status(again(following(before, proposed)), x) == "accepted"

    gone = following(before, _without(proposed, x))
    assert [rule["id"] for rule in withdrawn(gone)] == [x]
    assert not unanswered(gone), "nobody's word is overruled: the data withdrew what they had proposed"
    told = told_decided_before(gone)
    assert told["headline"] == "The data no longer proposes what a person had accepted."
    assert told["next"] == ""
    assert x in told["texts"][0]
    assert _status(again({**gone, "tiers": gone["tiers"]}, accept=(_first(gone, "include"),)), x) is None


def test_a_rule_that_a_person_added_comes_back_under_its_own_id(proposed, reviewed, following, again):
    before = reviewed(proposed, add=(TINY,))
    (mine,) = [c["id"] for c in before.criteria["criteria"] if c["status"] == "manual"]
    new = following(before, {**proposed, "retired_ids": [mine]})
    assert unanswered(new)
    assert f"“Tiny” ({mine}) was added by Ann" in told_decided_before(new)["texts"][0]
    kept = again(new)
    entry = next(c for c in kept["criteria"] if c["id"] == mine)
    assert (entry["status"], entry["text"], entry["reason"]) == ("manual", "Tiny", "too small")
    assert entry["judged"]["verdict"], "it is judged anew on the new data"
    assert mine not in kept["retired_ids"]
    assert told_decided_before(kept) is None


def test_a_rule_that_was_taken_again_and_then_changed_is_not_added_once_more(
    proposed, reviewed, following, again, standing
):
    before = reviewed(proposed, add=(TINY,))
    (mine,) = [c["id"] for c in before.criteria["criteria"] if c["status"] == "manual"]
    kept = again(following(before, {**proposed, "retired_ids": [mine]}))
    edit = Decisions(by="Bo", thresholds=(Threshold(mine, "employee_count", "below", 8),))
    changed = apply_decisions(kept, edit, standing.kept.cohort, standing.config, AT).document
    assert not decisions_again(changed, Decisions(by="Bo")).anything


def test_a_changed_rule_takes_the_place_of_what_the_data_propose_again(proposed, reviewed, following, again, standing):
    entry = next(c for c in proposed["criteria"] if any("below" in k for k in c["conditions"]))
    (condition,) = [k for k in entry["conditions"] if "below" in k]
    edit = Threshold(entry["id"], condition["attribute"], "below", condition["below"] / 4)
    before = reviewed(proposed, thresholds=(edit,))
    # A discovery numbers anew what covers other accounts than the changed rule.
    other = json.loads(json.dumps(proposed).replace(f'"{entry["id"]}"', f'"{entry["id"]}9"'))
    new = following(before, {**other, "retired_ids": [entry["id"]]})
    told = told_decided_before(new)
    assert f"the data proposes {entry['id']}9 “{entry['text']}” again" in told["texts"][0]
    kept = again(new)
    changed = next(c for c in kept["criteria"] if c["id"] == f"{entry['id']}9")
    assert changed["status"] == "edited"
    assert changed["conditions"] == next(c for c in before.criteria["criteria"] if c["id"] == entry["id"])["conditions"]
    assert overruled(kept) == [], "it stands under the id of what the data proposed"
    assert not decisions_again(kept, Decisions(by="Bo")).anything, "taken once, there is nothing left to take"
    beside = again(new, reject=(f"{entry['id']}9",))
    assert _status(beside, f"{entry['id']}9") == "rejected"
    assert _status(beside, entry["id"]) == "manual", "what is decided now on the proposal leaves the person's own rule"
    frame = standing.kept.cohort.attributes
    assert mask_of(changed["when"], frame).sum() < mask_of(entry["when"], frame).sum()


def test_a_changed_rule_that_the_data_propose_for_the_same_accounts_is_kept_to(proposed, reviewed, following):
    entry = next(c for c in proposed["criteria"] if any("below" in k for k in c["conditions"]))
    (condition,) = [k for k in entry["conditions"] if "below" in k]
    edit = Threshold(entry["id"], condition["attribute"], "below", condition["below"] * 1.001)
    new = following(reviewed(proposed, thresholds=(edit,)), proposed)
    assert [rule["here"] for rule in new["decided_before"]["rules"]] == [entry["id"]]
    assert overruled(new) == []


def test_an_edge_that_a_person_moved_is_told_and_moved_again(proposed, reviewed, following, again):
    new = following(reviewed(proposed, tiers=Edges(green=75)), proposed)
    assert moved_edges(new)["green"]["points"] == 75
    assert unanswered(new)
    assert (
        "The green tier was set to begin at 75 points by Ann on 2026-07-01; here it begins at 70"
        in (told_decided_before(new)["texts"][0])
    )
    assert again(new)["tiers"]["green"] == 75


def test_a_name_that_a_person_gave_is_kept_where_the_conditions_are_the_same(proposed, reviewed, following, again):
    x = _first(proposed, "exclude")
    before = reviewed(proposed, accept=(x,), rename={x: "Not for us"})
    kept = again(following(before, proposed))
    assert next(c["text"] for c in kept["criteria"] if c["id"] == x) == "Not for us"
    other = json.loads(json.dumps(proposed))
    other["criteria"][0]["key"] = "another"
    assert next(c["text"] for c in again(following(before, other))["criteria"] if c["id"] == x) != "Not for us"


def test_what_was_rejected_is_remembered_over_a_release_that_nobody_reviewed(
    proposed, reviewed, following, standing, tmp_path
):
    x = _first(proposed, "exclude")
    second = following(reviewed(proposed, reject=(x,)), proposed)
    third = following(Release(tmp_path / "none", second, {}), proposed, "2026-12-31-cccc")
    assert [(r["id"], r["by"], r["release_id"]) for r in overruled(third)] == [(x, "Ann", proposed["release_id"])]
    accepted = apply_decisions(
        second, Decisions(by="Bo", accept=(x,)), standing.kept.cohort, standing.config, AT
    ).document
    fourth = following(Release(tmp_path / "none", accepted, {}), proposed, "2027-03-31-dddd")
    assert overruled(fourth) == [], "somebody decided anew"


def test_a_decision_anew_on_the_same_accounts_under_another_id_counts(
    proposed, reviewed, following, standing, tmp_path
):
    x = _first(proposed, "exclude")
    other = json.loads(json.dumps(proposed).replace(f'"{x}"', f'"{x}9"'))
    second = following(reviewed(proposed, reject=(x,)), other)
    assert [rule["here"] for rule in overruled(second)] == [f"{x}9"]
    accepted = apply_decisions(
        second, Decisions(by="Bo", accept=(f"{x}9",)), standing.kept.cohort, standing.config, AT
    ).document
    assert overruled(following(Release(tmp_path / "none", accepted, {}), other, "2026-12-31-cccc")) == []


def test_a_rule_that_claims_the_opposite_of_the_same_accounts_is_another(proposed, reviewed, following):
    x = _first(proposed, "exclude")
    other = json.loads(json.dumps(proposed).replace(f'"{x}"', '"C9"'))
    next(c for c in other["criteria"] if c["id"] == "C9")["kind"] = "include"
    assert overruled(following(reviewed(proposed, reject=(x,)), other)) == []


def test_who_rejected_signs_and_not_who_renamed_it_later(proposed, reviewed, following):
    x = _first(proposed, "exclude")
    before = reviewed(proposed, reject=(x,))
    later = {"decision": "rename", "rule": x, "by": "Bo", "at": "2026-08-01T09:00:00+00:00", "note": ""}
    with (before.folder / DECISIONS).open("a") as log:
        log.write(json.dumps(later) + "\n")
    assert overruled(following(before, proposed))[0]["by"] == "Ann"


def test_what_a_reviewer_did_not_take_again_is_let_go_but_a_rejection_is_remembered(
    proposed, reviewed, following, standing, tmp_path
):
    x, c = _first(proposed, "exclude"), _first(proposed, "include")
    second = following(reviewed(proposed, reject=(x,), add=(TINY,), tiers=Edges(green=75)), proposed)
    assert len(overruled(second)) == 2
    seen = apply_decisions(second, Decisions(by="Bo", accept=(c,)), standing.kept.cohort, standing.config, AT).document
    assert not unanswered(seen)
    assert told_decided_before(seen)["headline"].startswith("Decided before, and not taken again")
    third = following(Release(tmp_path / "none", seen, {}), proposed, "2026-12-31-cccc")
    assert [(r["id"], r["decision"]) for r in overruled(third)] == [(x, "rejected")]
    assert moved_edges(third) == {}


def test_a_decision_on_an_attribute_that_is_gone_is_told_and_not_taken_again(proposed, reviewed, following, again):
    x = _first(proposed, "exclude")
    new = following(reviewed(proposed, reject=(x,), add=(TINY,)), proposed)
    rule = next(r for r in new["decided_before"]["rules"] if r["decision"] == "manual")
    rule["when"] = json.loads(json.dumps(rule["when"]).replace("employee_count", "head_count"))
    kept = again(new)
    assert all(c["status"] != "manual" for c in kept["criteria"])
    assert [r["decision"] for r in overruled(kept)] == ["manual"]


def test_decisions_without_a_log_are_signed_by_the_release(proposed, reviewed, following):
    x = _first(proposed, "exclude")
    before = reviewed(proposed, reject=(x,))
    (before.folder / DECISIONS).unlink()
    (gone,) = overruled(following(before, proposed))
    assert (gone["by"], gone["on"]) == ("Ann", "2026-07-01")
    shutil.rmtree(before.folder)
