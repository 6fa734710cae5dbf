"""Accounts and rules whose values a CRM's formula can hold, for evaluating formulas as Python."""

from __future__ import annotations

import numpy as np
import pandas as pd

from icp_ml.conditions import Condition

LEVELS = ["retail", "Retail", "saas", 'O\'Neil "x"', "a\\b", "ß"]
TAGS = ["zendesk", "Zendesk", "jira", "zen"]
NUMBERS = [39.999999, 40.0, 50.0, 500.0, 0.0, -1.5]


def random_rule_conditions(rng: np.random.Generator) -> tuple[Condition, ...]:
    """Return one to three random conditions on the attributes of the small release."""
    return tuple(_condition(rng) for _ in range(int(rng.integers(1, 4))))


def random_frame(rng: np.random.Generator, rows: int) -> pd.DataFrame:
    """Return typed attributes in which values may be missing, but for what a CRM always has."""
    size = rng.choice([*NUMBERS, np.nan], rows)
    industry = rng.choice(np.array([*LEVELS, None], dtype=object), rows)
    stack = np.empty(rows, dtype=object)
    stack[:] = [tuple(rng.choice(TAGS, size=int(rng.integers(0, 3)), replace=False)) for _ in range(rows)]
    return pd.DataFrame(
        {
            "size": size,
            "industry": pd.Series(industry, dtype="str"),
            "b2b": pd.Series(rng.random(rows) < 0.5, dtype="boolean"),
            "stack": stack,
        }
    )


def _condition(rng: np.random.Generator) -> Condition:
    name = str(rng.choice(["size", "industry", "b2b", "stack"]))
    unknown = bool(rng.random() < 0.2)
    if name == "size":
        op = str(rng.choice(["between", "at_least", "at_most", "above", "below"]))
        low = float(rng.choice(NUMBERS))
        return Condition(name, op, (low, low + 460.0) if op == "between" else low, unknown)
    if name == "b2b":
        return Condition(name, "is", bool(rng.random() < 0.5), unknown)
    pool, ops = (LEVELS, ["in", "not_in"]) if name == "industry" else (TAGS, ["has_any", "has_none"])
    chosen = tuple(str(x) for x in rng.choice(pool, size=int(rng.integers(1, 3)), replace=False))
    return Condition(name, str(rng.choice(ops)), chosen, unknown)
