from collections.abc import Iterator
from itertools import combinations, combinations_with_replacement, product

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from scipy.special import xlogy
from worlds import ATTRIBUTES, _frame

from icp_ml.conditions import Condition
from icp_ml.config.schema import Attribute
from icp_ml.criteria.atoms import Atoms, build_atoms
from icp_ml.criteria.deviance import Deviance
from icp_ml.criteria.scanning import Scanner, tail_gate, tail_p_value

SPECS = {name: Attribute.model_validate(spec) for name, spec in ATTRIBUTES.items()}
CATEGORIES = ("industry", "noise_level")
Rule = tuple[Condition, ...]


def _atoms(frame: pd.DataFrame, smallest: int = 10) -> Atoms:
    return build_atoms(frame, SPECS, list(SPECS), 4, smallest)


def _gappy(seed: int, n: int) -> pd.DataFrame:
    """Accounts of which several attributes are unknown for a fifth."""
    rng = np.random.default_rng([seed, n])  # a stream of its own: outcomes are drawn from others
    frame = _frame(rng, n)
    for name in ("employee_count", "industry", "has_revops", "noise_number"):
        frame[name] = frame[name].mask(rng.random(n) < 0.2)
    return frame


def _scanner(frame: pd.DataFrame, events: np.ndarray, smallest: int = 10, deepest: int = 3, direction: int = 1):
    """A scan for more (or fewer) of a count of events, by the Poisson deviance from two conditions on."""
    scale = Deviance("poisson", float(events.mean()), direction)
    scores = direction * (events - events.mean())
    return Scanner(_atoms(frame, smallest), scores, np.zeros(len(frame), int), smallest, deepest, scale)


def _singles(atoms: Atoms) -> list[Condition]:
    return [atoms.signed(i) for i in range(2 * len(atoms.conditions))]


def _sets(atoms: Atoms, frame: pd.DataFrame, scores: np.ndarray, within: np.ndarray) -> Iterator[Condition]:
    """Every set of levels that is the first few by mean score (five accounts without effect added to each)."""
    for name in CATEGORIES:
        levels = [c.tags[0] for c in atoms.conditions if c.attribute == name]
        mean = {x: scores[here].sum() / (here.sum() + 5) for x in levels for here in [within & (frame[name] == x)]}
        ranked = sorted(levels, key=lambda x: -mean[x])
        yield from (Condition(name, "in", tuple(ranked[: k + 1])) for k in range(len(ranked)))


def _mask(rule: Rule, frame: pd.DataFrame) -> np.ndarray:
    return np.all([c.mask(frame) for c in rule], axis=0)


def _by_sum(condition: Condition, frame: pd.DataFrame, scores: np.ndarray, smallest: int) -> float:
    """How far the accounts of a condition lie from those where its attribute is known and it does not hold."""
    known = frame[condition.attribute].notna().to_numpy()
    inside, n = condition.mask(frame), int(known.sum())
    k = int(inside.sum())
    if not smallest <= k <= n - smallest:
        return 0.0
    difference = scores[inside].mean() - scores[known & ~inside].mean()
    return float(difference * np.sqrt(k * (n - k) / n * (n - 1) / n / scores.var()))


def _by_deviance(inside: np.ndarray, events: np.ndarray, smallest: int) -> float:
    """The root of twice the log ratio of observed to expected events, inside and outside, over their dispersion."""
    n, k = len(events), int(inside.sum())
    if not smallest <= k <= n - smallest:
        return 0.0
    seen = np.array([events[inside].sum(), events[~inside].sum()])
    expected = events.mean() * np.array([k, n - k])
    ratio = 2 * (xlogy(seen, seen / expected)).sum()
    return float(np.sign(seen[0] - expected[0]) * np.sqrt(ratio / (events.var(ddof=1) / events.mean())))


@pytest.mark.parametrize("seed", range(3))
def test_the_strongest_single_condition_is_that_of_evaluating_every_one_where_its_attribute_is_known(seed):
    frame = _gappy(seed, 150)
    scores = np.random.default_rng(seed).normal(size=150) + (frame["industry"].isin(["agency", "media"])) * 1.0
    scores = (scores - scores.mean()).to_numpy()
    found = Scanner(_atoms(frame), scores, np.zeros(150, int), 10, 1).run(1, 0)[0]
    naive = {}
    for condition in _singles(_atoms(frame)):
        naive[condition] = _by_sum(condition, frame, scores, 10)
    for name in CATEGORIES:  # and every set of levels, not only those that the fast scan looks at
        levels = [c.tags[0] for c in _atoms(frame).conditions if c.attribute == name]
        for chosen in (s for k in range(2, len(levels)) for s in combinations(sorted(levels), k)):
            naive[Condition(name, "in", chosen)] = _by_sum(Condition(name, "in", chosen), frame, scores, 10)
    best = max(naive, key=naive.__getitem__)
    assert np.isclose(found.statistic, naive[best], rtol=1e-4)
    assert np.array_equal(_atoms(frame).spelled(found.atoms)[0].mask(frame), best.mask(frame))


def test_small_levels_of_many_events_are_named_before_a_large_one_of_few():
    level = np.repeat(["large", "one", "other", "rest"], [100, 10, 10, 380])
    events = (np.arange(500) < 22) | np.isin(np.arange(500), np.r_[100:108, 110:118])
    scores = events - 38 / 500
    atoms = build_atoms(pd.DataFrame({"noise_level": level}), SPECS, ["noise_level"], 4, 10)
    found = Scanner(atoms, scores, np.zeros(500, int), 10, 1).run(1, 0)[0]
    # 16 of 20 where 1.52 were expected: 14.48 / 1.16 = 12.5; with the large level 38 of 120: 28.88 / 2.53 = 11.4
    assert atoms.spelled(found.atoms) == (Condition("noise_level", "in", ("one", "other")),)
    assert np.isclose(found.statistic, 14.48 / np.sqrt(20 * 480 / 499 * 0.076 * 0.924), rtol=1e-4)


@pytest.mark.parametrize("direction", [1, -1])
@pytest.mark.parametrize("seed", range(2))
def test_the_strongest_pair_is_that_of_evaluating_every_pair_by_its_events(seed, direction):
    frame, rng = _gappy(seed, 130), np.random.default_rng(seed)
    events = rng.poisson(0.4, 130).astype(float)
    atoms, scores = _atoms(frame), direction * (events - events.mean())
    singles = _singles(atoms)
    rules: list[Rule] = list(combinations(singles, 2))
    rules += [(c, s) for c in singles for s in _sets(atoms, frame, scores, c.mask(frame))]
    naive = max(direction * _by_deviance(_mask(rule, frame), events, 10) for rule in rules)
    found = _scanner(frame, events, direction=direction).run(1, 0)[1]
    assert np.isclose(found.statistic, naive, rtol=1e-4)
    inside = _mask(atoms.spelled(found.atoms), frame)
    assert np.isclose(direction * _by_deviance(inside, events, 10), naive, rtol=1e-4)


def test_sets_of_levels_in_the_order_of_their_means_are_hardly_short_of_the_best_of_all_sets():
    frame, rng = _gappy(3, 150), np.random.default_rng(3)
    events = rng.poisson(0.4, 150).astype(float)
    atoms = _atoms(frame)
    every = [
        Condition(name, "in", chosen)
        for name in CATEGORIES
        for levels in [[c.tags[0] for c in atoms.conditions if c.attribute == name]]
        for k in range(1, len(levels) + 1)
        for chosen in combinations(levels, k)
    ]
    masks = [c.mask(frame) for c in _singles(atoms)]
    naive = max(_by_deviance(a & c.mask(frame), events, 10) for a, c in product(masks, every))
    scanner = _scanner(frame, events, deepest=2)
    by_set = max(value for value, _ in scanner._sets(*_pair_table(scanner), 2, lambda row: (row,)))
    assert 0.97 * naive <= by_set <= naive * (1 + 1e-4)


def _pair_table(scanner: Scanner) -> tuple[np.ndarray, np.ndarray]:
    """Sums of scores and counts over all pairs of conditions, each from its masks."""
    signed = scanner.grid.signed
    return (signed * scanner.scores) @ signed.T, signed @ signed.T


@pytest.mark.parametrize("seed", range(2))
def test_a_planted_trio_comes_out_as_the_strongest_of_evaluating_every_trio(seed):
    specs = {name: SPECS[name] for name in ("employee_count", "has_revops", "noise_number", "tech_stack")}
    frame, rng = _gappy(seed, 200), np.random.default_rng(seed)
    planted = _mask(
        (Condition("has_revops", "is", True), Condition("tech_stack", "has", "crm"),
         Condition("employee_count", "below", 60.0)), frame,
    )  # fmt: skip
    events = rng.poisson(np.where(planted, 1.6, 0.3)).astype(float)
    atoms = build_atoms(frame, specs, list(specs), 4, 10)
    scale = Deviance("poisson", float(events.mean()))
    found = Scanner(atoms, events - events.mean(), np.zeros(200, int), 10, 3, scale).run(1, 0)[2]
    assert np.isclose(found.statistic, _by_deviance(_mask(atoms.spelled(found.atoms), frame), events, 10), rtol=1e-4)
    masks = np.array([c.mask(frame) for c in _singles(atoms)])
    every = max(_by_deviance(a & b & c, events, 10) for a, b, c in combinations_with_replacement(masks, 3))
    assert np.isclose(found.statistic, every, rtol=1e-4)  # here the best of all is a strong pair and one more


def test_a_trio_with_a_set_of_levels_reaches_what_its_masks_say():
    frame, rng = _gappy(5, 900), np.random.default_rng(5)
    planted = _mask((Condition("has_revops", "is", True), Condition("industry", "in", ("agency", "media"))), frame)
    events = rng.poisson(np.where(planted & (frame["employee_count"] < 60).to_numpy(), 1.5, 0.2)).astype(float)
    found = _scanner(frame, events).run(1, 0)[2]
    rule = _atoms(frame).spelled(found.atoms)
    assert Condition("industry", "in", ("agency", "media")) in rule
    assert np.isclose(found.statistic, _by_deviance(_mask(rule, frame), events, 10), rtol=1e-4)


@pytest.mark.parametrize("seed", [0, 5, 12])
def test_the_strongest_trio_extends_the_best_pair_of_each_condition_and_of_each_category(seed):
    """On noise no trio is far ahead, so that a pair left out of those extended, or a way to extend it, is missed."""
    frame, names = _gappy(seed, 120), ["industry", "has_revops", "noise_level", "tech_stack"]
    events = np.random.default_rng(seed).poisson(0.5, 120).astype(float)
    atoms, scores = build_atoms(frame, SPECS, names, 4, 8), events - events.mean()
    singles = _singles(atoms)

    def worth(rule: Rule) -> float:
        return _by_deviance(_mask(rule, frame), events, 8)

    beam: list[Rule] = [max(((c, d) for d in singles if d != c), key=worth) for c in singles]
    beam = sorted(beam, key=worth, reverse=True)
    for name in CATEGORIES:
        pairs = [(c, s) for c in singles for s in _sets(atoms, frame, scores, c.mask(frame)) if s.attribute == name]
        beam.append(max(pairs, key=worth))
    trios = [(*pair, c) for pair in beam for c in singles]
    trios += [(*pair, s) for pair in beam for s in _sets(atoms, frame, scores, _mask(pair, frame))]
    scale = Deviance("poisson", float(events.mean()))
    found = Scanner(atoms, scores, np.zeros(120, int), 8, 3, scale).run(1, 0)[2]
    assert np.isclose(found.statistic, max(map(worth, trios)), rtol=1e-4)


@pytest.mark.parametrize("depth", [1, 2, 3])
def test_the_statistic_of_a_mask_is_that_of_the_scan(depth):
    frame = _gappy(6, 200)
    scanner = _scanner(frame, np.random.default_rng(6).poisson(0.4, 200).astype(float))
    found = scanner.run(1, 0)[depth - 1]
    rule = _atoms(frame).spelled(found.atoms)
    known = frame[rule[0].attribute].notna().to_numpy() if depth == 1 else None
    assert np.isclose(scanner.statistic(_mask(rule, frame), depth, known), found.statistic, rtol=1e-4)


def test_the_statistic_of_a_mask_among_the_known_is_that_of_a_comparison_with_them():
    frame = _gappy(6, 200)
    events = np.random.default_rng(6).poisson(0.4, 200) + frame["has_revops"].isna().to_numpy()
    condition, scores = Condition("has_revops", "is", True), events - events.mean()
    value = _scanner(frame, events).statistic(condition.mask(frame), 1, frame["has_revops"].notna().to_numpy())
    assert np.isclose(value, _by_sum(condition, frame, scores, 10), rtol=1e-4)


def test_a_rule_of_everybody_or_nobody_has_no_statistic():
    frame = _gappy(6, 100)
    scanner = _scanner(frame, np.random.default_rng(6).poisson(0.4, 100).astype(float))
    known = frame["industry"].notna().to_numpy()
    assert [scanner.statistic(mask, 1, known) for mask in (known, ~known, np.zeros(100, bool))] == [0, 0, 0]


def test_who_is_unknown_is_nothing_that_a_single_condition_can_tell():
    """Where an attribute is unknown nobody has the outcome; where it is known it says nothing."""
    rng = np.random.default_rng(1)
    frame = _frame(rng, 600)[["noise_number"]]
    unknown = rng.random(600) < 0.5
    frame["noise_number"] = frame["noise_number"].mask(unknown)
    events = np.where(unknown, 0.0, rng.random(600) < 0.5)
    atoms = build_atoms(frame, SPECS, ["noise_number"], 4, 20)
    found = Scanner(atoms, events - events.mean(), np.zeros(600, int), 20, 1).run(100, 0)[0]
    inside = atoms.spelled(found.atoms)[0].mask(frame)
    assert events[inside].mean() - events[~inside].mean() > 0.2
    assert found.p_value > 0.1


@pytest.mark.parametrize("depth", [1, 2, 3])
def test_p_values_of_noise_are_not_too_small(depth):
    """Of 50 searches for rare events among partly unknown attributes, 5 should fall below a tenth.

    More than 12 would have a chance of 1 in 1,000 (binomial), and so would more than 8 below a twentieth.
    """
    found = np.array([_noise_p_value(seed, depth) for seed in range(50)])
    assert np.sum(found <= 0.1) <= 12
    assert np.sum(found <= 0.05) <= 8


def _noise_p_value(seed: int, depth: int) -> float:
    frame = _gappy(1000 + seed, 120)
    events = (np.random.default_rng(seed).random(120) < 0.15).astype(float)
    return _scanner(frame, events, deepest=depth).run(50, seed)[depth - 1].p_value


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


def test_the_null_is_the_scan_of_permuted_scores_and_stops_when_all_is_noise():
    frame = _gappy(7, 150)
    noise = (np.random.default_rng(7).random(150) < 0.2).astype(float)
    scanner = _scanner(frame, noise, deepest=2)
    permuted = noise[np.random.default_rng(4).permutation(150)]  # what the first draw of seed 4 is
    first = [f.statistic for f in _scanner(frame, permuted, deepest=2).run(1, 0)]
    assert np.allclose(scanner.null_maxima(3, 4)[0], first, rtol=1e-4)
    assert scanner.null_maxima(100, 4).shape == (100, 2)
    assert len(scanner.run(1000, 4)[0].null) < 1000


def test_the_same_seed_gives_the_same_scan_and_another_seed_other_permutations():
    frame = _gappy(8, 150)
    events = (np.random.default_rng(8).random(150) < 0.2).astype(float)
    once, again, other = (_scanner(frame, events).run(20, seed) for seed in (1, 1, 2))
    assert [(f.atoms, f.statistic, f.p_value) for f in once] == [(f.atoms, f.statistic, f.p_value) for f in again]
    assert all(np.array_equal(a.null, b.null) for a, b in zip(once, again, strict=True))
    assert [f.atoms for f in once] == [f.atoms for f in other]
    assert not np.array_equal(once[0].null, other[0].null)


def test_nothing_is_found_where_there_are_no_conditions_or_too_few_accounts():
    frame = _gappy(9, 100)
    events = np.arange(100.0)
    assert Scanner(build_atoms(frame, SPECS, [], 4, 10), events, np.zeros(100, int), 10).run(5, 0) == []
    assert Scanner(_atoms(frame), events, np.zeros(100, int), 51).run(5, 0) == []


@pytest.mark.parametrize("rules", [40, 200])
def test_chances_that_no_permutation_shows_are_read_off_the_tail_without_bias(rules):
    """The largest of so many independent standard normals: the chance of each statistic is known."""
    statistic = stats.norm.isf(1 - 0.995 ** (1 / rules))
    nulls = [np.random.default_rng(seed).normal(size=(300, rules)).max(axis=1) for seed in range(40)]
    read = np.mean([tail_p_value(statistic, null) for null in nulls])
    assert 0.7 * 0.005 < read < 1.3 * 0.005


def test_the_gate_is_the_statistic_whose_p_value_is_the_rate_allowed():
    null = np.random.default_rng(1).normal(size=(200, 40)).max(axis=1)
    for rate in (0.001, 0.01, 0.02):
        assert np.isclose(tail_p_value(tail_gate(rate, null), null), rate)
    assert tail_gate(0.1, null) == np.quantile(null, 0.9)  # often enough reached to need no tail
    assert tail_gate(0.01, np.full(50, 3.0)) == 3.0


def test_a_statistic_often_reached_has_the_empirical_p_value():
    assert tail_p_value(0.5, np.array([0.0] * 10 + [1.0] * 29)) == 30 / 40


def test_no_p_value_is_far_below_what_the_permutations_could_show():
    assert tail_p_value(1e3, np.array([1.0, 1.1, 1.2, 1.3])) == 0.01 / 5
    assert tail_p_value(2.0, np.full(99, 1.0)) == 1 / 100  # maxima that never vary have no tail to fit
