"""Effects by attribute and level."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest

from icp_ml.config.schema import Attribute
from icp_ml.models.effects import dependence, importance, level_effects


def test_importance_is_the_mean_size_largest_first_without_the_base() -> None:
    table = importance(pd.DataFrame({"a": [0.1, -0.1], "b": [0.5, -0.7], "base": [9.0, 9.0]}))
    assert table["attribute"].tolist() == ["b", "a"]
    assert table["mean_abs_shap"].round(6).tolist() == [0.6, 0.1]


def test_levels_stay_readable_for_every_type() -> None:
    frame = pd.DataFrame(
        {
            "industry": pd.array(["fintech", "retail", None, "fintech"], dtype="str"),
            "has_revops": pd.array([True, False, True, None], dtype="boolean"),
            "tools": [("jira",), (), ("jira", "sap"), ("sap",)],
            "employees": [5.0, 5.0, 1200.0, None],
        }
    )
    attributes = {
        "industry": Attribute(type="category"),
        "has_revops": Attribute(type="boolean"),
        "tools": Attribute(type="tags"),
        "employees": Attribute(type="number"),
    }
    values = pd.DataFrame({name: [1.0, 2.0, 3.0, 4.0] for name in attributes} | {"base": [0.0] * 4})
    table = level_effects(frame, values, attributes)
    found = {row.level: (row.mean_shap, row.n) for row in table.itertuples()}
    assert found == {
        "industry = fintech": (2.5, 2),
        "industry = retail": (2.0, 1),
        "industry unknown": (3.0, 1),
        "has_revops = yes": (2.0, 2),
        "has_revops = no": (2.0, 1),
        "has_revops unknown": (4.0, 1),
        "tools has jira": (2.0, 2),
        "tools has sap": (3.5, 2),
        "tools empty": (2.0, 1),
        "employees = 5": (1.5, 2),
        "employees = 1,200": (3.0, 1),
        "employees unknown": (4.0, 1),
    }


def test_many_numbers_are_cut_at_their_quintiles() -> None:
    frame = pd.DataFrame({"size": [float(v) for v in range(1, 11)]})
    values = pd.DataFrame({"size": [0.0] * 10, "base": [0.0] * 10})
    table = level_effects(frame, values, {"size": Attribute(type="number")})
    assert table["level"].tolist() == ["size 1 to 2", "size 3 to 4", "size 5 to 6", "size 7 to 8", "size 9 to 10"]
    assert table["n"].tolist() == [2] * 5


def _curves(**columns: list[object]) -> tuple[dict, ...]:
    frame = pd.DataFrame(columns)
    types = {"size": Attribute(type="number", unit="people"), "has_revops": Attribute(type="boolean")}
    values = pd.DataFrame({name: [math.log(2), math.log(2), 0.0, -math.log(2)] for name in columns} | {"base": 0.0})
    return dependence(frame, values, types, list(columns), 0.2, "win")


def test_dependence_says_what_each_level_adds_in_points_of_the_average_chance() -> None:
    revops = _curves(has_revops=pd.array([True, True, False, None], dtype="boolean"))[0]
    assert [(r["level"], r["words"], r["n"], r["known"]) for r in revops["levels"]] == [
        ("yes", "has revops", 2, True),
        ("no", "has no revops", 1, True),
        ("not known", "has revops not known", 1, False),
    ]
    # Odds of a quarter: doubled one half, so a third; halved an eighth, so a ninth.
    assert [r["points"] for r in revops["levels"]] == pytest.approx([1 / 3 - 0.2, 0, 1 / 9 - 0.2])
    assert "accounts" not in revops


def test_the_curve_of_a_number_has_where_its_bins_lie_and_single_accounts_without_the_unknown() -> None:
    size = _curves(size=[30.0, 10.0, 30.0, None])[0]
    assert size["unit"] == "people"
    assert [(r["level"], r.get("from"), r.get("to")) for r in size["levels"]] == [
        ("10", 10.0, 10.0),
        ("30", 30.0, 30.0),
        ("not known", None, None),
    ]
    second = size["levels"][1]
    # Two accounts at log 2 and 0: the middle of their quantiles lies half way.
    assert second["mean_shap"] == pytest.approx(math.log(2) / 2)
    assert second["low_shap"] == pytest.approx(0.1 * math.log(2))
    assert second["high_shap"] == pytest.approx(0.9 * math.log(2))
    assert size["accounts"] == [[10.0, 0.6931, 0.1333], [30.0, 0.6931, 0.1333], [30.0, 0.0, 0.0]]


def test_many_accounts_are_shown_by_a_few_hundred_from_the_smallest_to_the_largest() -> None:
    values = np.random.default_rng(0).permutation(5000).astype(float)
    frame = pd.DataFrame({"size": values})
    shap = pd.DataFrame({"size": values / 5000, "base": 0.0})
    curve = dependence(frame, shap, {"size": Attribute(type="number")}, ["size"], 0.3, "churn")[0]
    shown = [value for value, _, _ in curve["accounts"]]
    assert len(shown) == 150
    assert shown[0] == 0.0
    assert shown[-1] == 4999.0
    assert max(np.diff(shown)) <= 35
    assert [r["level"] for r in curve["levels"]][:2] == ["up to 499", "500 to 999"]
    assert curve["levels"][-1]["level"] == "4,500 and more"
