import math

import numpy as np
import pandas as pd
import pytest

from icp_ml.conditions import Condition
from icp_ml.config.schema import Attribute
from icp_ml.criteria.effects import _binned, _cut, _Reader, regions_from_effects
from icp_ml.criteria.region import Region
from icp_ml.features.encoding import AttributeEncoder

SPECS = {
    "size": Attribute(type="number"),
    "age": Attribute(type="number"),
    "industry": Attribute(type="category"),
    "band": Attribute(type="category", order=["1-10", "11-50", "51+"]),
    "flag": Attribute(type="boolean"),
    "stack": Attribute(type="tags"),
}


def _frame(n: int, seed: int) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame(
        {
            "size": np.rint(np.exp(4.5 + rng.standard_normal(n))),
            "age": rng.integers(0, 40, n).astype(float),
            "industry": rng.choice(np.array([f"i{k:02d}" for k in range(12)], dtype=object), n),
            "band": rng.choice(np.array(["1-10", "11-50", "51+"], dtype=object), n),
            "flag": pd.array(rng.random(n) < 0.5, dtype="boolean"),
            "stack": pd.Series([tuple(t for t in "ab" if rng.random() < 0.4) for _ in range(n)], dtype=object),
        }
    )
    for name in ("size", "industry", "flag"):
        frame[name] = frame[name].mask(rng.random(n) < 0.05)
    return frame


def _regions(
    frame: pd.DataFrame, truth: np.ndarray, high: float = 0.8, smallest: int = 40, **more: int
) -> list[Region]:
    rng = np.random.default_rng(5)
    scores = (rng.random(len(frame)) < np.where(truth, high, 0.2)).astype(float)
    arguments = {"smallest": smallest, "max_conditions": 3, "seed": 1} | more
    return regions_from_effects(frame, scores - scores.mean(), SPECS, list(SPECS), **arguments)


def _jaccard(a: np.ndarray, b: np.ndarray) -> float:
    return float((a & b).sum() / (a | b).sum())


PLANTED = {
    "a bound": Region({"size": (-math.inf, 60.0)}),
    "an interval": Region({"age": (10.0, 20.0)}),
    "a set of levels": Region(levels={"industry": frozenset({"i01", "i04", "i07", "i10"})}),
    "an end of ordered levels": Region(levels={"band": frozenset({"11-50", "51+"})}),
    "a flag that is off": Region(fixed=(Condition("flag", "is", False),)),
    "a tag": Region(fixed=(Condition("stack", "has", "b"),)),
    "no such tag": Region(fixed=(Condition("stack", "has_none", ("b",)),)),
    "a pair": Region({"size": (-math.inf, 80.0)}, fixed=(Condition("flag", "is", True),)),
    "a trio": Region({"size": (40.0, math.inf)}, {"industry": frozenset({"i00", "i02", "i03", "i05", "i09"})},
                     (Condition("flag", "is", True),)),
}  # fmt: skip


@pytest.mark.parametrize("what", PLANTED)
def test_the_first_region_is_the_planted_one(what):
    frame, fresh = _frame(2000, 2), _frame(2000, 3)
    truth = PLANTED[what]
    first = _regions(frame, truth.mask(frame))[0]
    assert set(first.parts) == set(truth.parts)
    assert _jaccard(first.mask(fresh), truth.mask(fresh)) > 0.93


def test_an_interaction_without_main_effects_is_read_off():
    frame = _frame(4000, 2)
    flag, tag = frame["flag"], frame["stack"].map(lambda tags: "b" in tags)
    halves = [((flag == on).fillna(False) & (tag == on)).to_numpy(dtype=bool) for on in (True, False)]
    found = [r.mask(frame) for r in _regions(frame, halves[0] | halves[1])]
    assert all(max(_jaccard(half, mask) for mask in found) == 1 for half in halves)


def test_regions_are_distinct_and_leave_enough_accounts_on_both_sides():
    frame = _frame(1500, 2)
    regions = _regions(frame, PLANTED["a trio"].mask(frame), smallest=150, most=5)
    masks = [r.mask(frame) for r in regions]
    assert len(regions) == 5
    assert all(150 <= mask.sum() <= 1350 for mask in masks)
    assert all(_jaccard(a, b) < 0.8 for i, a in enumerate(masks) for b in masks[:i])


@pytest.mark.parametrize("most_conditions", [1, 2])
def test_no_region_has_more_conditions_than_asked_for(most_conditions):
    frame = _frame(1500, 2)
    regions = _regions(frame, PLANTED["a trio"].mask(frame), max_conditions=most_conditions)
    assert max(r.size for r in regions) == most_conditions


def test_the_same_input_gives_the_same_regions_and_is_left_as_it_was():
    frame = _frame(1000, 2)
    before, truth = frame.copy(), PLANTED["a pair"].mask(frame)
    assert _regions(frame, truth) == _regions(frame, truth)
    pd.testing.assert_frame_equal(frame, before)


def test_many_accounts_are_sampled_but_sizes_are_counted_on_all(monkeypatch):
    monkeypatch.setattr("icp_ml.criteria.effects._ROWS", 1500)
    frame = _frame(6000, 2)
    truth = PLANTED["a pair"].mask(frame)
    regions = _regions(frame, truth, smallest=300)
    assert _jaccard(regions[0].mask(frame), truth) > 0.93
    assert all(300 <= r.mask(frame).sum() <= 5700 for r in regions)


def test_unknown_values_belong_to_no_region():
    frame = _frame(1500, 2)
    region = _regions(frame, PLANTED["a bound"].mask(frame))[0]
    assert not region.mask(frame)[frame["size"].isna().to_numpy()].any()


def test_nothing_is_returned_where_nothing_varies_or_too_few_are_left():
    frame = _frame(100, 2)
    assert regions_from_effects(frame, np.zeros(100), SPECS, list(SPECS), 10, 3, 1) == []
    assert regions_from_effects(frame, np.arange(100.0), SPECS, list(SPECS), 51, 3, 1) == []
    assert regions_from_effects(frame, np.arange(100.0), SPECS, [], 10, 3, 1) == []


def test_a_stretch_of_bins_becomes_a_half_open_interval():
    specs = {"n": Attribute(type="number")}
    frame = pd.DataFrame({"n": [1.0, 2.0, 3.0, 4.0, np.nan]})
    encoder = AttributeEncoder(specs, min_count=1).fit(frame)
    binned = _binned(encoder.columns_[0], encoder.transform(frame)["n"])
    assert binned.codes.tolist() == [0, 1, 2, 3, -1]  # cut at 2, 3 and 4
    assert _cut(Region(), binned, np.array([False, True, True, False])).bounds == {"n": (2.0, 4.0)}
    assert _cut(Region(), binned, np.array([True, True, False, False])).bounds == {"n": (-math.inf, 3.0)}


@pytest.mark.parametrize("seed", range(12))
def test_the_best_stretch_is_that_of_a_look_at_every_one(seed):
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame({"n": rng.integers(0, 8, 300).astype(float)})
    encoder = AttributeEncoder({"n": Attribute(type="number")}).fit(frame)
    scores = rng.normal(size=300) + 0.3 * frame["n"].between(2, 4).to_numpy()
    reader = _Reader(encoder.transform(frame), encoder.columns_, scores, 10, 0)
    chosen = reader._read(reader.columns[0], reader.scores, np.ones(300, dtype=bool))
    n, z = frame["n"].to_numpy(), (scores - scores.mean()) / scores.std()
    worth = {}
    for low in range(8):
        for high in range(low + 1, 9):
            inside = (n >= low) & (n < high)
            k, ends = inside.sum(), 4.0 if low > 0 and high < 8 else 0.0
            if 10 <= k <= 290 and z[inside].sum() > 0:
                worth[low, high] = z[inside].sum() ** 2 / (k * (300 - k) / 299) - ends
    low, high = max(worth, key=worth.__getitem__)
    assert np.flatnonzero(chosen).tolist() == list(range(low, high))
