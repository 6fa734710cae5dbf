from itertools import combinations

import numpy as np
import pandas as pd
from worlds import ATTRIBUTES, _frame

from icp_ml.conditions import Condition
from icp_ml.config.schema import Attribute
from icp_ml.criteria.atoms import build_atoms
from icp_ml.criteria.scanning import Scanner, tail_p_value

SPECS = {name: Attribute.model_validate(spec) for name, spec in ATTRIBUTES.items()}


def _atoms(frame: pd.DataFrame, smallest: int = 10):
    return build_atoms(frame, SPECS, list(SPECS), 4, smallest)


def _naive(atoms, frame, scores, smallest, depth):
    """The largest statistic over all rules of one or two conditions or sets of levels, each evaluated as a mask."""
    n, centred = len(scores), scores - scores.mean()
    best = 0.0
    single = [atoms.signed(i) for i in range(2 * len(atoms.conditions))]
    sets = []
    for name in ("industry", "noise_level"):
        levels = sorted(c.tags[0] for c in atoms.conditions if c.attribute == name)
        sets += [Condition(name, "in", s) for k in range(2, len(levels)) for s in combinations(levels, k)]
    for chosen in [*combinations(single, depth), *((*s, t) for s in combinations(single, depth - 1) for t in sets)]:
        inside = np.all([c.mask(frame) for c in chosen], axis=0)
        k = int(inside.sum())
        if smallest <= k <= n - smallest:
            best = max(best, centred[inside].sum() / np.sqrt(k * (n - k) / (n - 1) * centred.var()))
    return best


def test_the_fast_scan_finds_the_same_maximum_as_evaluating_every_rule():
    for seed in range(3):
        rng = np.random.default_rng(seed)
        frame = _frame(rng, 120)
        frame.loc[rng.random(120) < 0.2, "noise_number"] = np.nan
        scores = rng.normal(size=120)
        atoms = _atoms(frame)
        found = Scanner(atoms, scores, np.zeros(120, int), 10).run(1, 0)
        assert np.isclose(found[0].statistic, _naive(atoms, frame, scores, 10, 1), rtol=1e-4)
        # within a pair levels are ordered by a slightly shrunken mean, so a set may be a little short of the best
        assert 0.97 <= found[1].statistic / _naive(atoms, frame, scores, 10, 2) <= 1 + 1e-4


def test_a_triple_reaches_what_its_masks_say():
    rng = np.random.default_rng(5)
    frame = _frame(rng, 400)
    scores = rng.normal(size=400)
    atoms = _atoms(frame)
    triple = Scanner(atoms, scores, np.zeros(400, int), 10).run(1, 0)[2]
    inside = np.all([c.mask(frame) for c in atoms.spelled(triple.atoms)], axis=0)
    k, centred = int(inside.sum()), scores - scores.mean()
    expected = centred[inside].sum() / np.sqrt(k * (400 - k) / 399 * centred.var())
    assert np.isclose(triple.statistic, expected, rtol=1e-4)


def test_p_values_of_noise_are_not_too_small():
    small = 0
    for seed in range(60):
        rng = np.random.default_rng(1000 + seed)
        frame = _frame(rng, 150)
        found = Scanner(_atoms(frame), rng.normal(size=150), np.zeros(150, int), 10, 2).run(60, seed)
        small += found[1].p_value <= 0.1
    assert small <= 13  # 6 expected; more than 13 of 60 has a chance under 1 in 200


def test_permutation_keeps_to_the_periods():
    """A trend over time that every attribute of a period shares is no finding."""
    rng = np.random.default_rng(3)
    frame = _frame(rng, 400)
    period = np.repeat([0, 1], 200)
    frame["noise_level"] = np.where(period == 0, "p", "q")
    scores = np.where(period == 0, 1.0, -1.0) + rng.normal(size=400) * 0.1
    within = Scanner(_atoms(frame), scores, period, 10, 1).run(100, 0)[0]
    across = Scanner(_atoms(frame), scores, np.zeros(400, int), 10, 1).run(100, 0)[0]
    assert within.p_value > 0.5
    assert across.p_value < 0.01


def test_the_fitted_tail_agrees_with_a_million_draws():
    rng = np.random.default_rng(0)
    maxima = rng.gumbel(5, 0.4, 300)
    truth = 1 - np.exp(-np.exp(-(8.0 - 5) / 0.4))
    assert truth / 4 < tail_p_value(8.0, maxima) < truth * 4


def test_a_statistic_often_reached_has_the_empirical_p_value():
    assert tail_p_value(0.5, np.array([0.0] * 10 + [1.0] * 29)) == 30 / 40
