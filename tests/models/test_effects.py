"""Effects by attribute and level."""

from __future__ import annotations

import pandas as pd

from icp_ml.config.schema import Attribute
from icp_ml.models.effects import importance, level_effects


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
