from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import adjusted_rand_score

from icp_ml.conditions import Condition
from icp_ml.config.segment_quality import DIMENSIONS
from icp_ml.segments import assign_segments, segments_document


@pytest.fixture(scope="module")
def found(simulated, discover, config):
    cohort, cell = simulated(4000, 5)
    return cohort, cell, discover(cohort, config, 5)


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


def test_intervals_of_published_segments_hold_the_truth_of_their_members_nine_times_in_ten(
    simulated, discover, config, truth, found
):
    worlds = [found]
    for seed in range(2):
        cohort, cell = simulated(3000, 100 + seed)
        worlds.append((cohort, cell, discover(cohort, config, seed)))
    held, asked = 0, 0
    for cohort, cell, result in worlds:
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


def test_the_same_input_gives_the_same_document(discovered, discover, config):
    cohort, result = discovered
    again = discover(cohort, config, 7)
    one, other = (json.dumps(segments_document(each, cohort, config)) for each in (result, again))
    assert result.segments
    assert one == other


@pytest.mark.slow
def test_no_segments_in_at_least_19_of_20_structureless_worlds(simulated, discover, config):
    none = 0
    for seed in range(20):
        cohort, _ = simulated(1000, seed, structured=False)
        result = discover(cohort, config, seed)
        none += not result.segments and result.none_because.startswith("no segments")
    assert none >= 19


def test_too_few_accounts_are_not_enough_evidence(simulated, discover, config):
    cohort, _ = simulated(200, 0)
    result = discover(cohort, config, 0)
    assert result.segments == ()
    assert "too few to form segments" in result.none_because
    assert "300 are needed" in result.none_because


def test_ids_and_boundaries_of_the_last_release_stay_where_they_fit_and_figures_are_measured_as_before(
    found, discover, config
):
    cohort, _, result = found
    document = segments_document(result, cohort, config)
    entries = [{**entry, "id": f"S{i + 40}"} for i, entry in enumerate(document["segments"])]
    at = next(i for i, s in enumerate(result.segments) if "employee_count" in s.rule.attributes)
    near = replace(result.segments[at].rule, conditions=tuple(map(_one_more, result.segments[at].rule.conditions)))
    assert near != result.segments[at].rule
    entries[at] = {"id": "S9", "rule": {"when": near.jsonlogic()}}
    again = discover(cohort, config, 5, previous={"segments": entries})
    assert [s.id for s in again.segments] == [e["id"] for e in entries]
    assert [s.rule for s in again.segments] == [near if i == at else s.rule for i, s in enumerate(result.segments)]
    assert [s.stability for s in again.segments] == pytest.approx([s.stability for s in result.segments], abs=0.02)
    for name, figure in again.segments[at].figures.items():
        other = result.segments[at].figures[name]
        assert figure.get("n") == other.get("n"), "stand-ins know nothing of the previous release"


def _one_more(condition: Condition) -> Condition:
    if condition.attribute != "employee_count":
        return condition
    value = condition.value
    return replace(condition, value=(value[0], value[1] + 1) if condition.op == "between" else value + 1)


def test_adjusting_attributes_never_name_a_segment(discovered, discover, config):
    cohort, before = discovered
    assert any("industry" in s.rule.attributes for s in before.segments)
    attributes = {name: spec.model_copy() for name, spec in config.attributes.items()}
    attributes["industry"] = attributes["industry"].model_copy(update={"use": "adjust"})
    result = discover(cohort, config.model_copy(update={"attributes": attributes}), 7)
    assert all("industry" not in s.rule.attributes for s in result.segments)
    assert "industry" not in result.looked_at["attributes"]


def test_inputs_are_not_changed(simulated, discover, config):
    cohort, _ = simulated(600, 2)
    accounts, attributes = cohort.accounts.copy(deep=True), cohort.attributes.copy(deep=True)
    discover(cohort, config, 0)
    pd.testing.assert_frame_equal(cohort.accounts, accounts)
    pd.testing.assert_frame_equal(cohort.attributes, attributes)
