from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

from icp_ml.conditions import Condition, Rule
from icp_ml.segments import discovery
from icp_ml.segments.crossfit import Crossfit
from icp_ml.segments.identity import Earlier

RULE = Rule((Condition("n", "below", 3.0),))


def crossfit_of(*rules: Rule) -> Crossfit:
    return Crossfit(rules, np.zeros((len(rules), 1), bool), np.zeros((5, len(rules), 1), bool), np.zeros(1, int))


@pytest.mark.parametrize(
    ("by_rules", "by_clusters", "asked", "chosen", "given_up"),
    [
        ((RULE,), (RULE,), ["rules"], "rule_list", []),
        ((), (RULE,), ["rules", "clusters"], "hdbscan", ["rule_list"]),
        ((), (), ["rules", "clusters"], "rule_list", ["hdbscan"]),
    ],
    ids=["the better way holds up", "only the other does", "neither does"],
)
def test_the_other_way_is_tried_only_where_nothing_of_the_better_one_holds_up(
    monkeypatch, by_rules, by_clusters, asked, chosen, given_up
):
    tried = []

    def segments(self, form, earlier, proposals):
        tried.append(form)
        rules = by_rules if form == "rules" else by_clusters
        return crossfit_of(*rules), [1.0] * len(rules), {"formed": [form]}

    job = discovery._Discovery(SimpleNamespace(by_outcome="rules", by_density="clusters"), None, None, None, None)
    monkeypatch.setattr(discovery._Discovery, "segments", segments)
    ways = SimpleNamespace(best_first=("rule_list", "hdbscan"))
    found, _, told = job.first_that_holds(ways, Earlier(), [])
    assert tried == asked
    assert found.rules == (by_rules or by_clusters)
    assert told["chosen"] == chosen
    assert list(told["given_up"]) == given_up
    assert told["formed"] == ["rules" if chosen == "rule_list" else "clusters"]
