"""Customers that memory does not hold are learned from in Spark as those it holds."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from icp_ml.config.schema import Attribute
from icp_ml.errors import DataError
from icp_ml.features.encoding import AttributeEncoder
from icp_ml.models.boosting import as_known, train_booster
from icp_ml.models.history import ChurnRecords
from icp_ml.models.targets import ChurnTarget
from icp_ml.spark.further import further_records
from icp_ml.spark.training import SparkTrainer

ATTRIBUTES = {
    "size": Attribute(type="number"),
    "a `level`": Attribute(type="category"),
    "grade": Attribute(type="category", order=["low", "mid", "high"]),
    "flag": Attribute(type="boolean"),
    "tools": Attribute(type="tags"),
}
CUTOFF = np.datetime64("2024-06-30")
N = 900


def customers(n: int, seed: int) -> ChurnRecords:
    """Customers with gaps in every attribute; the large ones and those with ``erp`` leave sooner."""
    rng = np.random.default_rng(seed)
    size = rng.normal(size=n)
    tags = [None if u < 0.1 else ("crm", "erp")[: int(u * 3)] for u in rng.random(n)]
    frame = pd.DataFrame(
        {
            "size": pd.array(np.where(rng.random(n) < 0.1, np.nan, size), dtype="Float64"),
            "a `level`": pd.array(rng.choice(["a", "b", None], n), dtype="str"),
            "grade": pd.array(rng.choice(["low", "mid", "high", None], n), dtype="str"),
            "flag": pd.array(rng.choice([True, False, None], n), dtype="boolean"),
            "tools": pd.Series(tags, dtype=object),
        },
        index=[f"S{seed}-{i}" for i in range(n)],
    )
    begun = np.datetime64("2022-01-01") + rng.integers(0, 1000, n).astype("timedelta64[D]")
    months = rng.exponential(20 * np.exp(-0.8 * size - 0.8 * np.array(["erp" in (t or ()) for t in tags])))
    followed = (np.datetime64("2025-12-31") - begun).astype(int) / 30.4
    event = months < followed
    days = (np.minimum(months, followed) * 30.4).astype(int).astype("timedelta64[D]")
    ended = np.where(event, begun + days, np.datetime64("NaT", "D"))
    target = ChurnTarget(np.maximum(np.minimum(months, followed), 0.1), event, np.zeros(n), 12.0)
    return ChurnRecords(frame, target, begun, ended, 30)


@pytest.fixture(scope="module")
def shares() -> list[ChurnRecords]:
    return [customers(N, seed) for seed in (1, 2, 3)]


@pytest.fixture(scope="module")
def further(spark: Any, shares: list[ChurnRecords], tmp_path_factory: pytest.TempPathFactory) -> Any:
    """The second and the third share, in Spark."""
    folder = tmp_path_factory.mktemp("further").as_uri()
    with further_records(spark, shares[1:], ATTRIBUTES, folder) as held:
        yield held


@pytest.mark.parametrize("cutoff", [None, CUTOFF])
def test_records_come_back_encoded_as_in_memory(shares: Any, further: Any, cutoff: Any) -> None:
    encoder = AttributeEncoder(ATTRIBUTES).fit(shares[0].frame)
    names = [f"c{i}" for i in range(len(encoder.columns_))]
    found = further.encoded(encoder, names, cutoff).toPandas().sort_values("record").reset_index(drop=True)
    known = [(np.arange(N), one.target) if cutoff is None else one.known_at(cutoff) for one in shares[1:]]
    assert len(found) == sum(len(rows) for rows, _ in known) > N
    expected = pd.concat(
        [encoder.transform(one.frame.iloc[rows]) for one, (rows, _) in zip(shares[1:], known, strict=True)]
    )
    for name, column in zip(names, encoder.columns_, strict=True):
        values = expected[column.name]
        codes = values.cat.codes.replace(-1, np.nan) if column.kind == "category" else values
        np.testing.assert_allclose(found[name].to_numpy(float), codes.to_numpy(float), rtol=1e-6)
    np.testing.assert_array_equal(found["label"], np.concatenate([target.label for _, target in known]))
    # What was to be expected is read off the first of these shares, for all.
    first = slice(0, len(known[0][0]))
    np.testing.assert_allclose(found["offset"][first], known[0][1].offset, rtol=1e-12)
    second = slice(len(known[0][0]), None)
    assert abs(found["offset"][second].mean() - known[1][1].offset.mean()) < 0.2


def test_trees_learn_from_all_of_them(spark: Any, shares: Any, further: Any) -> None:
    new = customers(2000, 9)
    encoder = AttributeEncoder(ATTRIBUTES).fit(shares[0].frame)
    told = (encoder.transform(shares[0].frame), shares[0].target.label, "poisson")
    named = {"offset": shares[0].target.offset, "rounds": 40, "random_state": 5, "encoder": encoder}
    there = SparkTrainer(spark, 2, further)(*told, **named)
    again = SparkTrainer(spark, 2, further)(*told, **named)
    assert there.to_bytes() == again.to_bytes()
    frame = pd.concat([one.frame for one in shares])
    label, offset = (np.concatenate([getattr(s.target, key) for s in shares]) for key in ("label", "offset"))
    here = train_booster(encoder.transform(frame), label, "poisson", offset=offset, rounds=40, random_state=5)
    alone = train_booster(*told, **named)
    forecast = [one.margin(encoder.transform(new.frame)) for one in (there, here, alone)]
    # As the trees of all the records, and less as those of the share in memory.
    assert np.corrcoef(forecast[0], forecast[1])[0, 1] > 0.97
    assert np.corrcoef(forecast[0], forecast[1])[0, 1] > np.corrcoef(forecast[0], forecast[2])[0, 1]


def test_at_a_cutoff_no_later_ending_is_learned_from(spark: Any, shares: Any, tmp_path: Path) -> None:
    """Who leaves later is told by ``size`` alone after the cut-off: trees of the cut-off must not know it."""
    base, own = shares[:2]
    ends = np.where(base.ended > CUTOFF, 9.0, np.where(np.isnat(base.ended), 0.0, np.nan))
    planted = replace(base, frame=base.frame.assign(size=ends))
    encoder = AttributeEncoder({"size": ATTRIBUTES["size"]}).fit(planted.frame)
    nothing_told = encoder.transform(own.frame.assign(size=np.nan))
    told = (nothing_told, own.target.label, "poisson")
    named = {"offset": own.target.offset, "rounds": 40, "random_state": 5, "encoder": encoder}
    probe = encoder.transform(pd.DataFrame({"size": [0.0, 9.0]}))
    with further_records(spark, [planted], {"size": ATTRIBUTES["size"]}, tmp_path.as_uri()) as held:
        now = SparkTrainer(spark, 2, held)
        then = as_known(now, CUTOFF)(*told, **named).margin(probe)
        knowing = now(*told, **named).margin(probe)
    assert knowing[1] - knowing[0] > 0.3
    assert abs(then[1] - then[0]) < 0.1


def test_nothing_is_left_behind_and_nothing_to_learn_from_is_none(spark: Any, shares: Any, tmp_path: Path) -> None:
    with further_records(spark, [shares[0]], ATTRIBUTES, tmp_path.as_uri()) as held:
        assert held.n == N
        assert len(list(tmp_path.iterdir())) == 1
    assert list(tmp_path.iterdir()) == []
    with further_records(spark, [], ATTRIBUTES, tmp_path.as_uri()) as held:
        assert held is None


@pytest.mark.parametrize("scheme", ["nosuch", "file"])
def test_a_scratch_folder_that_cannot_be_is_named(spark: Any, shares: Any, tmp_path: Path, scheme: str) -> None:
    (tmp_path / "taken").write_text("a file, no folder")
    scratch = f"{scheme}://{tmp_path}/taken"
    with (
        pytest.raises(DataError, match=f"^{scratch}: Spark cannot keep further customers there: "),
        further_records(spark, [shares[0]], ATTRIBUTES, scratch),
    ):
        pytest.fail("nothing is there to learn from")
