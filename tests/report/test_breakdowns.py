"""Forecasts by tier, segment and period of a release."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from icp_ml.report.breakdowns import model_breakdowns

SEGMENTS = {"segments": [{"id": "S2", "name": "Large"}, {"id": "S1", "name": "Small"}]}


def held(cutoffs: list[str]) -> pd.DataFrame:
    n = len(cutoffs)
    case = np.tile([1.0, 0.0], n)[:n]
    begun = pd.to_datetime(["2025-01-15", "2025-02-01", "2025-05-01", "2026-03-31"]).to_numpy()
    return pd.DataFrame(
        {"cutoff": cutoffs, "begun": begun, "case": case, "control": 1 - case, "shipped": 0.4, "base_rate": 0.5},
        index=pd.Index([f"a{i}" for i in range(n)], name="account_id"),
    )


SCORED = pd.DataFrame(
    {
        "account_id": ["other", "a3", "a2", "a1", "a0"],
        "icp_tier": ["red", "red", "green", "red", "red"],
        "segment": ["S1", "", "S1", "S1", "S2"],
    }
)


def counted(rows: list[dict]) -> dict[str, int]:
    return {row["group"]: row["n"] for row in rows}


def test_accounts_are_found_by_id_and_groups_come_in_the_order_of_the_release() -> None:
    found = model_breakdowns(held(["2024-12-31"] * 4), SCORED, SEGMENTS, 0)
    assert list(counted(found["tier"]).items()) == [("green", 1), ("red", 3)]
    assert list(counted(found["segment"]).items()) == [("S2 · Large", 1), ("S1 · Small", 2), ("no segment", 1)]
    assert found["tier"][0]["observed"]["estimate"] == 1.0, "a2 was won"


def test_a_period_reaches_from_its_cutoff_to_the_next() -> None:
    found = model_breakdowns(held(["2024-12-31", "2024-12-31", "2025-03-31", "2025-03-31"]), SCORED, SEGMENTS, 0)
    assert counted(found["period"]) == {"2025-01-01 to 2025-03-31": 2, "2025-04-01 to 2026-03-31": 2}


def test_cross_validated_accounts_are_grouped_by_the_year_they_began() -> None:
    found = model_breakdowns(held(["fold 1", "fold 2", "fold 1", "fold 2"]), SCORED, SEGMENTS, 0)
    assert counted(found["period"]) == {"2025": 3, "2026": 1}


@pytest.mark.parametrize("segments", [{"segments": []}])
def test_without_segments_there_is_nothing_to_say_of_them(segments: dict) -> None:
    assert set(model_breakdowns(held(["2024-12-31"] * 4), SCORED, segments, 0)) == {"tier", "period"}
