from __future__ import annotations

import pytest

from icp_ml.segments.verdicts import ranking, verdict

ABSENT = {"absent": "not measured"}


def figures(**low_high: tuple[float, float]) -> dict:
    names = ("win_rate", "churn", "nrr", "pull", "opportunity_value")
    return {
        name: {"low": low_high[name][0], "high": low_high[name][1], "estimate": sum(low_high[name]) / 2}
        if name in low_high
        else ABSENT
        for name in names
    }


ELSEWHERE = figures(
    win_rate=(0.3, 0.35), churn=(0.1, 0.15), pull=(2.9, 3.1), nrr=(0.9, 1.0), opportunity_value=(10, 20)
)


@pytest.mark.parametrize(
    ("here", "expected"),
    [
        (figures(pull=(3.5, 4.0), churn=(0.05, 0.12), opportunity_value=(15, 40)), "high pull"),
        (figures(pull=(3.5, 4.0), churn=(0.2, 0.3), opportunity_value=(15, 40)), "avoid"),
        (figures(win_rate=(0.5, 0.6)), "high pull"),
        (figures(pull=(2.8, 3.2), churn=(0.02, 0.08)), "promising"),
        (figures(churn=(0.02, 0.08), win_rate=(0.1, 0.2), opportunity_value=(9, 21)), "average"),
        (figures(win_rate=(0.1, 0.2)), "avoid"),
        (figures(win_rate=(0.3, 0.4), churn=(0.1, 0.2)), "average"),
        (figures(opportunity_value=(-9, -1)), "avoid"),
    ],
)
def test_verdicts_follow_the_written_rules(here, expected):
    assert verdict(here, ELSEWHERE) == expected


def test_ranking_leaves_out_what_was_not_measured():
    found = {"S1": figures(win_rate=(0.1, 0.2)), "S2": figures(win_rate=(0.4, 0.5), opportunity_value=(1, 2))}
    assert ranking(found) == {"by_opportunity_value": ["S2"], "by_win_rate": ["S2", "S1"]}
