from __future__ import annotations

from dataclasses import replace

import pandas as pd
import pytest

from icp_ml.criteria.types import CriteriaResult
from icp_ml.release.document import attributes_from, criteria_document, released_segments
from icp_ml.release.validation import validate_document
from icp_ml.scorecard.types import Scorecard
from icp_ml.segments.document import segments_document


def test_keys_stand_in_the_contract_s_order_and_ours_come_after(document):
    contract = ["schema_version", "name", "release_id", "as_of", "churn_horizon_months", "currency", "attributes"]
    contract += ["review", "criteria", "scorecard", "tiers", "not_proposed"]
    assert list(document)[: len(contract)] == contract
    assert list(document)[len(contract) :] == ["columns", "totals", "stated", "searched", "retired_ids"]


def test_heading_names_the_release_its_day_horizon_and_currency(document):
    heading = {k: document[k] for k in list(document)[:6]}
    assert heading == {
        "schema_version": "1.0",
        "name": "acme",
        "release_id": "2026-06-30-0a1b2c3d",
        "as_of": "2026-06-30",
        "churn_horizon_months": 12,
        "currency": "EUR",
    }


def test_attributes_carry_the_source_column_and_leave_out_the_ignored(document):
    assert document["attributes"] == {
        "employee_count": {"type": "number", "unit": "people", "column": "Headcount"},
        "industry": {"type": "category", "column": "industry"},
        "has_revops": {"type": "boolean", "column": "has_revops"},
        "tech_stack": {"type": "tags", "separator": "|", "column": "tech_stack"},
        "lead_source": {"type": "category", "column": "lead_source", "use": "adjust"},
    }
    assert document["columns"] == {
        "account_id": ["Account ID", "account_id"],
        "name": ["name"],
        "observed_at": ["observed_at"],
    }


def test_an_attribute_s_own_column_wins_and_a_deal_s_attribute_says_so(result, scorecard, config, cohort):
    raw = config.model_dump(by_alias=True)
    raw["attributes"]["industry"]["column"] = "Branche"
    raw["attributes"]["lead_source"]["from"] = "opportunities"
    raw["tables"]["opportunities"] = {"columns": {"lead_source": "LeadSource"}}
    changed = type(config).model_validate(raw)
    entries = criteria_document(result, scorecard, changed, cohort, "r")["attributes"]
    assert entries["industry"]["column"] == "Branche"
    assert entries["lead_source"] == {
        "type": "category",
        "column": "LeadSource",
        "from": "opportunities",
        "use": "adjust",
    }


def test_a_criterion_reads_as_the_contract_shows_it(document):
    assert document["criteria"][0] == {
        "id": "X1",
        "key": document["criteria"][0]["key"],
        "kind": "exclude",
        "status": "proposed",
        "text": "Fewer than 40 employees",
        "when": {"and": [{"!=": [{"var": "employee_count"}, None]}, {"<": [{"var": "employee_count"}, 40]}]},
        "evidence": {
            "outcome": "churn_12m",
            "n": 212,
            "events": 101,
            "rate": 0.48,
            "rate_elsewhere": 0.11,
            "risk_difference": {"estimate": 0.37, "low": 0.29, "high": 0.45, "level": 0.9},
            "q_value": 0.0001,
            "replicated": 0.333333,
        },
        "receipt": {"arr_won": 1000.0},
        "conditions": [{"attribute": "employee_count", "below": 40}],
    }
    assert len(document["criteria"][0]["key"]) == 16


def test_a_rule_s_number_is_never_rounded(result, scorecard, config, cohort):
    from icp_ml.conditions import Condition, Rule

    exact = Rule((Condition("employee_count", "above", 1234567.890625),))
    changed = replace(result, proposals=(replace(result.proposals[0], rule=exact),))
    document = criteria_document(changed, replace(scorecard, items=()), config, cohort, "r")
    assert document["criteria"][0]["when"]["and"][1] == {">": [{"var": "employee_count"}, 1234567.890625]}


def test_with_nothing_proposed_the_document_says_why(config, cohort):
    nothing = CriteriaResult((), "not enough evidence: 40 churns; 25 points could have been shown")
    document = criteria_document(nothing, Scorecard("kept", 60, (), 70, 50), config, cohort, "r")
    assert document["criteria"] == []
    assert document["scorecard"]["items"] == []
    assert document["not_proposed"] == "not enough evidence: 40 churns; 25 points could have been shown"


def test_rules_without_points_say_why_the_scorecard_is_empty(result, config, cohort):
    document = criteria_document(result, Scorecard("kept", 60, (), 70, 50), config, cohort, "r")
    assert document["not_proposed"] == (
        "no effect on the score's target passed the evidence test; X1, X2, C1, C2 set the tier but carry no points"
    )


def test_segments_carry_the_release_s_id_and_rounded_figures(segments, config, cohort):
    own = segments_document(segments, cohort, config)
    own["looked_at"] = {"accounts": 6, "jaccard": 2 / 3}
    document = released_segments(own, "r1")
    assert list(document)[:3] == ["schema_version", "name", "release_id"]
    assert document["release_id"] == "r1"
    assert document["looked_at"] == {"accounts": 6, "jaccard": 0.666667}
    assert [s["id"] for s in document["segments"]] == ["S1", "S2"]


@pytest.mark.parametrize("name", ["employee_count", "tech_stack"])
def test_attributes_read_back_as_they_were_written(document, config, name):
    back, wanted = attributes_from(document)[name], config.attributes[name]
    assert (back.type, back.unit, back.separator) == (wanted.type, wanted.unit, wanted.separator)


@pytest.mark.parametrize(
    ("levels", "words"),
    [
        (["Yes", "No", None], {"true": "Yes", "false": "No"}),
        (["no", "no", "no"], {"true": "true", "false": "no"}),
        (["Yes", "No", "maybe"], None),
        (["Yes", "yes", "No"], None),
        ([None, None, None], None),
    ],
)
def test_a_category_of_yes_and_no_alone_carries_its_words(result, scorecard, config, cohort, levels, words):
    industry = pd.Series((levels * 2)[: len(cohort.latest)], index=cohort.latest.index, dtype="str")
    known = replace(cohort, latest=cohort.latest.assign(industry=industry))
    entry = criteria_document(result, scorecard, config, known, "r1")["attributes"]["industry"]
    assert entry.get("booleans") == words


def test_what_the_accounts_file_called_its_columns_is_noted_where_it_is_known(result, scorecard, config, cohort):
    found = {"account_id": "Id", "observed_at": "Seen"}
    document = criteria_document(result, scorecard, config, cohort, "r1", found_columns=found)
    assert document["found_columns"] == found
    validate_document(document)
