from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from icp_ml.criteria.contrasts import Contrasts, group_codes, sides_of


def test_a_groups_spread_is_mixed_with_that_of_all() -> None:
    """Squares 0.5 in the first group, 0 in the second; in common 0.5/2=0.25; (20*0.25+0.5)/21 and 5/21, halved."""
    side = sides_of(np.array([0.0, 1.0, 1.0, 1.0]), np.array([0, 0, 1, 1]), 2)
    assert side.n.tolist() == [2, 2]
    assert side.mean.tolist() == [0.5, 1.0]
    np.testing.assert_allclose(side.variance, [5.5 / 21 / 2, 5.0 / 21 / 2])


def test_groups_come_by_size_then_name_and_small_ones_are_none() -> None:
    names, codes = group_codes(pd.Series(["b", "b", "a", "a", None, "c"], dtype="str"), 2)
    assert names == ("a", "b")
    assert codes.tolist() == [1, 1, 0, 0, -1, -1]


def test_the_effect_is_the_mean_inside_less_the_mean_outside_of_each_group() -> None:
    """Group 0: 1 less 1/2; group 1: 1/2 less 0."""
    values = np.array([1, 1, 1, 0, 1, 0, 0, 0], dtype=float)
    inside = np.array([1, 1, 0, 0, 1, 1, 0, 0], dtype=bool)
    found = Contrasts.of(values, inside, np.array([0, 0, 0, 0, 1, 1, 1, 1]), ("p", "q"), [])
    np.testing.assert_allclose(found.effects, [0.5, 0.5])
    assert found.inside.n.tolist() == found.outside.n.tolist() == [2, 2]


def test_a_group_that_merely_holds_more_of_another_rules_accounts_is_not_different() -> None:
    """The rule adds 0.2 and the other rule 0.6 everywhere; the second group has the other rule's accounts outside."""
    rows = [
        (0, 1, 0),
        (0, 1, 0),
        (0, 1, 1),
        (0, 0, 0),
        (0, 0, 0),
        (1, 1, 0),
        (1, 1, 0),
        (1, 0, 0),
        (1, 0, 1),
        (1, 0, 1),
    ]
    codes, inside, other = (np.array(column) for column in zip(*rows, strict=True))
    values = 0.1 + 0.2 * inside + 0.6 * other + 0.05 * codes
    raw = [values[(codes == g) & (inside == 1)].mean() - values[(codes == g) & (inside == 0)].mean() for g in (0, 1)]
    assert raw == pytest.approx([0.4, -0.2])
    found = Contrasts.of(values, inside == 1, codes, ("p", "q"), [other == 1])
    np.testing.assert_allclose(found.effects, [0.2, 0.2], atol=1e-12)


def test_shuffling_keeps_each_side_of_the_rule_and_its_group_sizes() -> None:
    rng = np.random.default_rng(0)
    inside, codes = rng.random(200) < 0.4, rng.integers(0, 3, 200)
    values = (rng.random(200) < np.where(inside, 0.6, 0.2)).astype(float)
    found = Contrasts.of(values, inside, codes, ("p", "q", "r"), [])
    effects, variances = found.shuffled(np.random.default_rng(1))
    again, _ = found.shuffled(np.random.default_rng(1))
    np.testing.assert_array_equal(effects, again)
    assert np.abs(effects - (found.inside.mean - found.outside.mean)).min() > 1e-6
    np.testing.assert_allclose(variances, found.variances, rtol=0.35)
