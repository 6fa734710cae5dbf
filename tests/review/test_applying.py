"""A person's decisions change what they name and nothing else, and what a person chose is judged and marked."""

from __future__ import annotations

import copy
from dataclasses import replace

import numpy as np
import pytest

from icp_ml.conditions import Rule
from icp_ml.config.schema import StatedExclusion
from icp_ml.criteria.stated import stated_exclusions
from icp_ml.errors import ConfigError
from icp_ml.exports.exporting import export_release
from icp_ml.release.folder import Release
from icp_ml.release.json_text import json_ready
from icp_ml.release.rules import ActiveRules
from icp_ml.release.validation import validate_document
from icp_ml.report.description import run_description
from icp_ml.report.retelling import standing_of
from icp_ml.report.telling import tell
from icp_ml.review.applying import apply_decisions
from icp_ml.review.decisions import Decisions, Edges, NewRule, Threshold

pytestmark = pytest.mark.slow
AT = "2026-07-01T10:00:00+00:00"
TINY = NewRule(kind="exclude", when=[{"attribute": "employee_count", "below": 12}], reason="too small")


@pytest.fixture(scope="module")
def standing(discovered):
    return standing_of(Release.load(discovered))


@pytest.fixture
def document(discovered):
    return copy.deepcopy(Release.load(discovered).criteria)


@pytest.fixture
def apply(standing, document):
    def _apply(before=None, **decided):
        found = apply_decisions(
            before or document, Decisions(by="Ann", **decided), standing.kept.cohort, standing.config, AT
        )
        validate_document(found.document)
        return found

    return _apply


def _entry(document, identity):
    return next(c for c in document["criteria"] if c["id"] == identity)


def _item(document, identity):
    return next((i for i in document["scorecard"]["items"] if i["criterion"] == identity), None)


def _first(document, kind):
    return next(c["id"] for c in document["criteria"] if c["kind"] == kind)


def test_accepting_changes_the_status_alone_and_signs(apply, document):
    x = _first(document, "exclude")
    found = apply(accept=(x,), note="board").document
    assert _entry(found, x) == {**_entry(document, x), "status": "accepted"}
    assert found["review"] == {
        "by": "Ann", "at": AT, "note": "board", "times": 1, "accepted": [x], "edited": [], "manual": [],
        "rejected": [], "proposed": [c["id"] for c in document["criteria"] if c["id"] != x],
    }  # fmt: skip
    assert {**found, "review": None, "criteria": 0} == {**document, "criteria": 0}
    assert apply(found, reject=(x,)).document["review"]["times"] == 2


def test_rejecting_takes_the_points_and_what_is_counted_of_the_rest_is_counted_again(apply, document, standing):
    x, latest = _first(document, "exclude"), standing.kept.cohort.latest
    found = apply(reject=(x,)).document
    assert found["scorecard"]["items"] == document["scorecard"]["items"], "base and lines stay as they were fitted"
    before, after = (ActiveRules.from_document(d).score_frame(latest) for d in (document, found))
    holds = Rule.from_jsonlogic(_entry(document, x)["when"]).mask(latest)
    assert (before["icp_score"] == after["icp_score"])[~holds].all()
    points = _item(document, x)["points"]
    assert (after["icp_score"] - before["icp_score"])[holds].between(0, -points).all()
    assert found["totals"]["accounts_excluded"] < document["totals"]["accounts_excluded"]
    assert found["scorecard"]["figures"]["tiers"]["red"]["n"] < document["scorecard"]["figures"]["tiers"]["red"]["n"]
    assert "changed by a person" in found["scorecard"]["figures"]["ranking"]["absent"]
    back = apply(found, accept=(x,)).document
    assert _entry(back, x)["status"] == "accepted"
    assert back["totals"] == document["totals"]
    assert back["scorecard"]["figures"]["tiers"] == document["scorecard"]["figures"]["tiers"]


def test_an_added_rule_has_the_evidence_of_a_stated_one_and_is_marked(apply, document, standing):
    found = apply(add=(TINY,)).document
    entry = _entry(found, found["criteria"][_number_of_exclusions(document)]["id"])
    assert (entry["status"], entry["kind"], entry["reason"]) == ("manual", "exclude", "too small")
    assert entry["chosen_by"] == {"by": "Ann", "on": "2026-07-01"}
    stated = StatedExclusion(when=TINY.when, reason="too small")
    config = standing.config.model_copy(update={"stated_exclusions": [stated]})
    months = document["searched"]["horizon_months"]
    (audited,) = stated_exclusions(standing.kept.cohort, config, (), months)
    told = json_ready(audited["evidence"])
    own = ("outcome", "n", "events", "rate", "rate_elsewhere", "q_value", "risk_difference", "p_value")
    assert {key: entry["evidence"][key] for key in own} == {key: told[key] for key in own}
    assert entry["judged"]["verdict"] == audited["verdict"]
    assert entry["receipt"] == json_ready(audited["receipt"])


def _number_of_exclusions(document):
    return sum(c["kind"] == "exclude" for c in document["criteria"])


def test_ids_of_added_rules_were_never_given(apply, document):
    retired = {**document, "retired_ids": ["X7", "C4"]}
    fintech = NewRule(kind="include", when=[{"attribute": "industry", "in": ["fintech"]}], text="Fintech")
    media = NewRule(kind="exclude", when=[{"attribute": "industry", "in": ["media"]}])
    found = apply(retired, add=(TINY, fintech, media)).document
    added = [c["id"] for c in found["criteria"] if c["status"] == "manual"]
    assert added == ["X8", "X9", "C5"]
    assert _entry(found, "C5")["text"] == "Fintech"
    kinds = [c["kind"] for c in found["criteria"]]
    assert kinds == sorted(kinds), "exclusions come before criteria"


def test_an_edited_rule_keeps_what_it_was_and_is_judged_again(apply, document, standing):
    below = ((c["id"], k) for c in document["criteria"] for k in c["conditions"] if "below" in k)
    x, condition = next(below)
    before, wider = _entry(document, x), 1.5 * condition["below"]
    found = apply(thresholds=(Threshold(x, condition["attribute"], "below", wider),))
    entry = _entry(found.document, x)
    assert entry["status"] == "edited"
    assert entry["text"] == Rule.from_jsonlogic(entry["when"]).text(standing.config.attributes)
    assert entry["key"] != before["key"]
    assert {**condition, "below": wider} in entry["conditions"]
    assert entry["was"] == [{key: before.get(key) for key in ("text", "status", "when", "conditions", "evidence")}]
    assert entry["evidence"]["n"] > before["evidence"]["n"]
    item = _item(found.document, x)
    assert item is None or item["when"] == entry["when"]
    (logged,) = found.log
    assert (logged["decision"], logged["before"], logged["after"]) == ("edit", before["text"], entry["text"])
    others = [i for i in document["scorecard"]["items"] if i["criterion"] != x]
    assert [i for i in found.document["scorecard"]["items"] if i["criterion"] != x] == others
    again = apply(found.document, accept=(x,)).document
    assert _entry(again, x)["status"] == "edited", "a person's rule stays marked as one"


def test_a_rule_the_data_does_not_support_earns_no_points(apply, standing, document):
    middle = float(np.nanmedian(standing.kept.cohort.attributes["hq_floor"]))
    noise = NewRule(kind="include", when=[{"attribute": "hq_floor", "at_least": middle}])
    found = apply(add=(noise,))
    (identity,) = found.judged
    assert found.judged[identity].standing != "supported"
    assert _item(found.document, identity) is None
    assert found.document["scorecard"]["items"] == document["scorecard"]["items"]


def test_a_rule_on_accounts_nobody_dealt_with_has_no_evidence_and_says_why(apply):
    nobody = NewRule(kind="exclude", when=[{"attribute": "employee_count", "above": 10_000_000}])
    entry = next(c for c in apply(add=(nobody,)).document["criteria"] if c["status"] == "manual")
    assert entry["evidence"] is None
    assert entry["judged"]["verdict"] == "Cannot be judged: no account with an outcome is in it."


def test_words_and_edges_change_where_they_stand(apply, document):
    c = _first(document, "include")
    found = apply(rename={c: "Core"}, tiers=Edges(green=72)).document
    assert (_entry(found, c)["text"], _entry(found, c)["status"]) == ("Core", _entry(document, c)["status"])
    assert _item(found, c)["text"] == "Core"
    assert found["tiers"] == {**document["tiers"], "green": 72}


@pytest.mark.parametrize(
    ("decided", "said"),
    [
        ({"accept": ("C99",)}, "'C99' must be a rule of this release: "),
        ({"accept": ("X1",), "reject": ("X1",)}, "X1 cannot be accepted and rejected at once"),
        ({"tiers": Edges(green=20)}, "red must not reach over green"),
        ({"thresholds": (Threshold("X1", "nope", "below", 5),)}, r"--edit X1\.nope: X1 speaks of"),
        ({"add": (TINY, TINY)}, "stands in this release already, as X"),
        (
            {"add": (NewRule(kind="include", when=[{"attribute": "csm", "is": True}]),)},
            "attribute 'csm' is not declared",
        ),
    ],
)
def test_what_cannot_be_done_is_said(apply, decided, said):
    with pytest.raises(ConfigError, match=said):
        apply(**decided)


def test_a_decision_needs_a_name_and_an_attribute_set_apart_is_out_of_reach(standing, document):
    cohort, config = standing.kept.cohort, standing.config
    with pytest.raises(ConfigError, match="say who decided with --by NAME"):
        apply_decisions(document, Decisions(accept=("X1",)), cohort, config, AT)
    with pytest.raises(ConfigError, match="'employee_count' is set apart, since it looks as if it was filled in after"):
        apply_decisions(document, Decisions(by="Ann", add=(TINY,)), cohort, config, AT, ["employee_count"])


def test_nothing_given_is_changed(apply, document):
    before = copy.deepcopy(document)
    apply(add=(TINY,), reject=(_first(document, "exclude"),), tiers=Edges(green=80))
    assert document == before


def test_a_rule_that_holds_for_nobody_is_told_without_figures_wherever_it_stands(apply, standing, document, discovered):
    nobody = NewRule(kind="exclude", when=[{"attribute": "employee_count", "above": 10_000_000}], text="Giants")
    found = apply(add=(nobody,), rename={_first(document, "exclude"): "Old name"})
    (mine,) = [c for c in found.document["criteria"] if c["status"] == "manual"]
    assert mine["evidence"] is None
    told = tell(standing, found.document)
    assert f"criteria_{mine['id']}_risk_difference" not in told.metrics["metrics"]
    for text in (told.report_html, told.memo, told.memo_html):
        assert "Giants" in text
    assert run_description(told.summary)
    release = replace(Release.load(discovered), criteria=found.document)
    for form in ("json", "jsonlogic", "sql", "csv"):
        assert export_release(release, form).files
