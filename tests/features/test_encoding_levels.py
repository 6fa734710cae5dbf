"""Every different value is looked at once; row by row, as it was done before, is the same."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from icp_ml.config.schema import Attribute
from icp_ml.features.encoding import AttributeEncoder, EncodedColumn

ATTRIBUTES = {
    "industry": Attribute(type="category"),
    "size": Attribute(type="category", order=["s", "m", "l"]),
    "tools": Attribute(type="tags"),
    "staff": Attribute(type="number"),
    "revops": Attribute(type="boolean"),
}
TAGS = [(), ("a",), ("b",), ("a", "b"), ("b", "a"), ("not seen",), ("ä ", "a"), None]


def drawn(rng: np.random.Generator, rows: int, unseen: bool) -> pd.DataFrame:
    levels = ["x", "y", "O'Neil", "新しい", None, *(["not seen"] if unseen else [])]
    tags = np.empty(rows, dtype=object)
    tags[:] = [TAGS[i] for i in rng.integers(0, len(TAGS), rows)]
    return pd.DataFrame(
        {
            "industry": pd.Series(rng.choice(np.array(levels, dtype=object), rows), dtype="str"),
            "size": pd.Series(rng.choice(np.array(["s", "m", "l", "xl", None], dtype=object), rows), dtype="str"),
            "tools": tags,
            "staff": np.where(rng.random(rows) < 0.2, np.nan, rng.normal(50, 20, rows)),
            "revops": pd.array(rng.choice(np.array([True, False, None], dtype=object), rows), dtype="boolean"),
        }
    )


def by_row(values: pd.Series, column: EncodedColumn) -> list[float]:
    """Encode a category, rank or tag column value by value."""
    if column.kind == "tag":
        return [float(column.levels[0] in v) if isinstance(v, tuple) else np.nan for v in values]
    return [float(column.levels.index(v)) if v in column.levels else np.nan for v in values]


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("kind", ["str", "object"])
def test_unseen_and_missing_values_encode_as_they_do_row_by_row(seed, kind):
    rng = np.random.default_rng(seed)
    encoder = AttributeEncoder(ATTRIBUTES, min_count=1).fit(drawn(rng, 60, unseen=False))
    frame = drawn(rng, 200, unseen=True).astype({"industry": kind, "size": kind})
    encoded = encoder.transform(frame)
    compared = [column for column in encoder.columns_ if column.kind in ("category", "rank", "tag")]
    assert {c.kind for c in compared} == {"category", "rank", "tag"}
    for column in compared:
        found = encoded[column.name]
        if column.kind == "category":
            found = found.cat.codes.astype(float).where(found.notna())
        np.testing.assert_array_equal(found.to_numpy(float), by_row(frame[column.attribute], column))


def test_lists_of_one_length_stay_lists():
    frame = pd.DataFrame({"tools": pd.Series([("a", "b"), ("b", "c")], dtype=object)})
    encoder = AttributeEncoder({"tools": ATTRIBUTES["tools"]}, min_count=1).fit(frame)
    assert encoder.transform(frame).to_numpy().tolist() == [[1.0, 1.0, 0.0], [0.0, 1.0, 1.0]]


def test_an_attribute_the_frame_lacks_is_missing_in_each_of_its_columns():
    rng = np.random.default_rng(0)
    encoder = AttributeEncoder(ATTRIBUTES, min_count=1).fit(drawn(rng, 60, unseen=False))
    assert encoder.transform(pd.DataFrame(index=range(3))).isna().all(axis=None)
