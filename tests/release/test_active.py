from __future__ import annotations

import pyarrow.parquet as pq
import pytest

from icp_ml.release.active import active_document
from icp_ml.release.scoring import score_file


def ids(document):
    return [c["id"] for c in document["criteria"]], [i["criterion"] for i in document["scorecard"]["items"]]


def test_a_rejected_rule_goes_with_its_points_and_the_base_stays(document):
    active = active_document(document)
    assert ids(active) == (["X1", "C1", "C2"], ["X1", "C1"])
    assert active["scorecard"]["base"] == document["scorecard"]["base"] == 52
    assert ids(document) == (["X1", "X2", "C1", "C2"], ["X1", "X2", "C1"])  # what was given is left as it is


@pytest.mark.parametrize("status", ["accepted", "edited", "manual"])
def test_only_what_a_person_decided_on_counts_where_that_is_asked_for(document, status):
    document["criteria"][2]["status"] = status
    assert ids(active_document(document, accepted_only=True)) == (["C1"], ["C1"])


def test_scoring_with_accepted_rules_alone(release, tmp_path):
    release.criteria["criteria"][2]["status"] = "accepted"
    (tmp_path / "a.csv").write_text(
        "account_id,employee_count,has_revops,industry\na,30,yes,saas\nb,50,yes,saas\n", encoding="utf-8"
    )
    score_file(tmp_path / "a.csv", release.with_accepted_only(), tmp_path / "s.parquet", models=False)
    scored = pq.read_table(tmp_path / "s.parquet").to_pylist()
    assert [(s["icp_score"], s["icp_tier"], s["matched_criteria"]) for s in scored] == [
        (52, "yellow", ""),
        (77, "green", "C1"),
    ]
    assert len(release.rules.rules) == 3  # the release itself stays whole
