from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import adjusted_rand_score

from icp_ml.conditions import Condition
from icp_ml.config.segment_quality import DIMENSIONS
from icp_ml.models.types import Models
from icp_ml.segments import assign_segments, discover_segments, segments_document

NONE = Models(None, None, {"churn": "not trained here", "win": "not trained here"})


@pytest.fixture(scope="module")
def found(simulated, config):
    cohort, cell = simulated(4000, 5)
    names = list(config.attributes)
    return cohort, cell, discover_segments(cohort, NONE, config, names, 5)


def test_planted_segments_are_found_as_their_rules(found):
    cohort, cell, result = found
    ids = assign_segments(result.segments, cohort.attributes)
    assert adjusted_rand_score(cell, ids.astype(str)) >= 0.8
    assert all(len(s.rule.conditions) <= 3 for s in result.segments)


def test_the_planted_segment_with_pull_is_high_pull_and_ranked_first_and_the_churning_one_is_to_be_avoided(found):
    cohort, cell, result = found
    ids = assign_segments(result.segments, cohort.attributes)
    verdicts = {s.id: s.verdict for s in result.segments}
    best = pd.Series(ids[cell == 1]).mode()[0]
    assert verdicts[best] == "high pull"
    assert result.looked_at["ranking"]["by_opportunity_value"][0] == best
    assert verdicts[pd.Series(ids[cell == 2]).mode()[0]] == "avoid"


def test_each_segment_has_seven_dimensions_and_five_answers_from_the_accounts_its_figures_are_from(found, config):
    cohort, _, result = found
    document = segments_document(result, cohort, config)
    for segment, entry in zip(result.segments, document["segments"], strict=True):
        assert [d["dimension"] for d in entry["quality"]] == list(DIMENSIONS)
        assert [q["id"] for q in entry["questions"]] == ["act", "reach", "win", "serve", "spread"]
        measures = {m.get("figure") or m.get("share"): m for d in entry["quality"] for m in d["measures"]}
        assert measures["churn"]["here"] == segment.figures["churn"]
        # Of the decided accounts that did not form the rule, and not of all that it holds for.
        assert measures["kept_customers"]["here"]["n"] == segment.figures["win_rate"]["n"]
        assert (
            measures["kept_customers"]["here"]["n"] + measures["kept_customers"]["elsewhere"]["n"]
            == (result.looked_at["accounts"])
        )


def test_intervals_of_published_segments_hold_the_truth_of_their_members_nine_times_in_ten(simulated, config, truth):
    held, asked = 0, 0
    for seed in range(3):
        cohort, cell = simulated(3000, 100 + seed)
        result = discover_segments(cohort, NONE, config, list(config.attributes), seed)
        ids = assign_segments(result.segments, cohort.attributes)
        for segment in result.segments:
            members = cell[ids == segment.id]
            won = truth["win"].to_numpy()[members]
            expected = {"win_rate": won.mean(), "churn": np.average(truth["churn"].to_numpy()[members], weights=won)}
            for name, value in expected.items():
                figure = segment.figures[name]
                held += figure["low"] <= value <= figure["high"]
                asked += 1
    assert asked >= 10
    assert held / asked >= 0.7  # at 90 %, fewer than 7 of 10 has probability 1 %


def test_the_same_input_gives_the_same_document(simulated, config):
    cohort, _ = simulated(1500, 3)
    names = list(config.attributes)
    documents = [
        json.dumps(segments_document(discover_segments(cohort, NONE, config, names, 1), cohort, config))
        for _ in range(2)
    ]
    assert documents[0] == documents[1]


@pytest.mark.slow
def test_no_segments_in_at_least_19_of_20_structureless_worlds(simulated, config):
    none = 0
    for seed in range(20):
        cohort, _ = simulated(1000, seed, structured=False)
        result = discover_segments(cohort, NONE, config, list(config.attributes), seed)
        none += not result.segments and result.none_because.startswith("no segments")
    assert none >= 19


def test_too_few_accounts_are_not_enough_evidence(simulated, config):
    cohort, _ = simulated(200, 0)
    result = discover_segments(cohort, NONE, config, list(config.attributes), 0)
    assert result.segments == ()
    assert "too few to form segments" in result.none_because
    assert "300 are needed" in result.none_because


def test_ids_are_kept_when_discovered_again_with_the_last_release(found, config):
    cohort, _, result = found
    document = segments_document(result, cohort, config)
    entries = [{**entry, "id": f"S{i + 40}"} for i, entry in enumerate(document["segments"])]
    again = discover_segments(cohort, NONE, config, list(config.attributes), 5, previous={"segments": entries})
    assert [s.id for s in again.segments] == [e["id"] for e in entries]
    assert [s.rule for s in again.segments] == [s.rule for s in result.segments]


def test_the_previous_boundary_stays_where_it_fits_about_as_well_and_the_figures_are_measured_as_before(found, config):
    cohort, _, result = found
    entries = segments_document(result, cohort, config)["segments"]
    at = next(i for i, s in enumerate(result.segments) if "employee_count" in s.rule.attributes)
    near = replace(result.segments[at].rule, conditions=tuple(map(_one_more, result.segments[at].rule.conditions)))
    assert near != result.segments[at].rule
    entries[at] = {"id": "S9", "rule": {"when": near.jsonlogic()}}
    again = discover_segments(cohort, NONE, config, list(config.attributes), 5, previous={"segments": entries})
    assert again.segments[at].rule == near
    assert again.segments[at].id == "S9"
    assert [s.stability for s in again.segments] == pytest.approx([s.stability for s in result.segments], abs=0.02)
    for name, figure in again.segments[at].figures.items():
        other = result.segments[at].figures[name]
        assert figure.get("n") == other.get("n"), "stand-ins know nothing of the previous release"


def _one_more(condition: Condition) -> Condition:
    if condition.attribute != "employee_count":
        return condition
    value = condition.value
    return replace(condition, value=(value[0], value[1] + 1) if condition.op == "between" else value + 1)


def test_adjusting_attributes_never_name_a_segment(found, config):
    cohort, _, _ = found
    attributes = {name: spec.model_copy() for name, spec in config.attributes.items()}
    attributes["industry"] = attributes["industry"].model_copy(update={"use": "adjust"})
    changed = config.model_copy(update={"attributes": attributes})
    result = discover_segments(cohort, NONE, changed, list(attributes), 5)
    assert all("industry" not in s.rule.attributes for s in result.segments)
    assert "industry" not in result.looked_at["attributes"]


def test_inputs_are_not_changed(simulated, config):
    cohort, _ = simulated(600, 2)
    accounts, attributes = cohort.accounts.copy(deep=True), cohort.attributes.copy(deep=True)
    discover_segments(cohort, NONE, config, list(config.attributes), 0)
    pd.testing.assert_frame_equal(cohort.accounts, accounts)
    pd.testing.assert_frame_equal(cohort.attributes, attributes)
