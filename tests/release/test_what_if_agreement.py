"""The page's program answers "what if" as the library does: every figure, every interval, every reason."""

from __future__ import annotations

import itertools
import json
from pathlib import Path

import pytest

from icp_ml.cohort.build import build_cohort
from icp_ml.config.loading import load_config
from icp_ml.release.what_if import TIERS, what_if
from icp_ml.release.what_if_document import what_if_document
from icp_ml.tables.reading import read_tables
from tests.release.what_if_cases import NO_NODE, criteria, node_answers, world

pytestmark = pytest.mark.skipif(NO_NODE, reason="Node is not here")
ROOT = Path(__file__).parents[2]
EDGES = [(70, 50), (71, 50), (60, 59), (61, 60), (89, 88), (90, 89), (100, 0), (1, 0), (100, 99), (48, 36),
         (49, 38), (39, 38), (80, 60), (78, 47), (77, 26), (95, 61), (55, 35), (65, 64), (99, 1), (78, 50)]  # fmt: skip


def choices_of(document, edges=EDGES):
    ids = [rule["id"] for rule in document["criteria"]]
    subsets = itertools.chain.from_iterable(itertools.combinations(ids, k) for k in range(len(ids) + 1))
    pairs = itertools.product(list(subsets), edges)
    return [{"active": list(active), "green": green, "red": red} for active, (green, red) in pairs]


def unlike(answer, reference, path=()):
    """Return where two answers differ: figures by more than the rounding of the library's, anything else at all."""
    if isinstance(reference, dict):
        if set(answer) != set(reference):
            return [(path, answer, reference)]
        return [found for key in reference for found in unlike(answer[key], reference[key], (*path, key))]
    if isinstance(reference, float):
        # Rates are rounded to six digits, money to cents.
        allowed = 0.011 if path[-1] in ("open_pipeline", "arr_now", "arr_signed") else 6e-7
        return [] if abs(answer - reference) <= allowed else [(path, answer, reference)]
    return [] if answer == reference else [(path, answer, reference)]


def assert_agree(cohort, document, folder, edges=EDGES):
    choices = choices_of(document, edges)
    answers = node_answers(json.loads(json.dumps(what_if_document(cohort, document))), choices, folder)
    references = [what_if(cohort, document, c["active"], c["green"], c["red"]) for c in choices]
    differences = [d for a, r, c in zip(answers, references, choices, strict=True) for d in unlike(a, r, (str(c),))]
    assert differences == []
    return references


def test_the_sample_agrees_on_all_rules_and_twenty_edges(tmp_path):
    config = load_config(ROOT / "configs" / "sample.yaml")
    cohort = build_cohort(read_tables(config, ROOT / "configs"), config)
    document = json.loads((ROOT / "models" / "example" / "criteria.json").read_text(encoding="utf-8"))
    references = assert_agree(cohort, document, tmp_path)
    assert len(references) == 20 * 2 ** len(document["criteria"])
    # Nothing would be shown by tiers that never change or are never measured.
    assert len({json.dumps(r) for r in references}) > 10
    assert all(any("estimate" in r[tier][name] for r in references) for tier in TIERS for name in ("churn", "nrr"))


WORLDS = {
    "censored early": {"young": 0.8},
    "entered late": {"late": 0.5, "no_arr": 0.2},
    "all entered late": {"late": 1.0},
    "unknown revenue": {"no_arr": 0.5},
    "no revenue known at all": {"no_arr": 1.0},
    "revenue with cents": {"cents": True},
    "times that coincide": {"whole": True, "young": 0.5},
    "nobody leaves": {"churn": 0.0},
    "nearly everybody leaves": {"churn": 20.0, "n": 300},
    "few accounts": {"n": 60, "young": 0.6},
    "very few accounts": {"n": 25, "late": 0.3},
    "many young ones": {"n": 120, "young": 0.97},
    "one industry is new": {"new_saas": 1.0},
    "one industry is nearly new": {"new_saas": 0.94, "churn": 0.0},
    "one industry leaves": {"leaving_saas": True},
    "many leave on the anniversary": {"anniversary": 0.3, "young": 0.9, "n": 90},
    "all that stay grow alike": {"alike": True, "churn": 0.0, "n": 300},
    "no subscriptions": {"has_churn": False},
    "no deals": {"has_wins": False},
}


@pytest.mark.parametrize("kind", WORLDS)
def test_other_cohorts_agree(kind, tmp_path):
    assert_agree(world(seed=1, **WORLDS[kind]), criteria(), tmp_path, [EDGES[i] for i in (0, 3, 19)])


def test_other_scores_stay_at_0_at_least(tmp_path):
    assert_agree(world(n=200), criteria(base=-5), tmp_path, [(1, 0), (20, 0)])


def test_every_reason_for_a_missing_figure_is_met_in_these_cohorts():
    reasons = set()
    for kind in WORLDS.values():
        for choice in choices_of(criteria(), [(78, 50)]):
            for figures in what_if(world(seed=1, **kind), criteria(), **choice).values():
                reasons |= {figures[name].get("absent") for name in ("win_rate", "churn", "nrr")}
    told = " ".join(filter(None, reasons))
    for words in ("winning was not measured", "churn was not measured", "decided accounts are fewer than 10",
                  "do not carry a churn rate", "no customer was followed for", "tell no more of",
                  "of known ARR were followed for 12 months", "all have the same nrr"):  # fmt: skip
        assert words in told, words
