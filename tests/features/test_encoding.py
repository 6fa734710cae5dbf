"""Attributes as model input."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest

from icp_ml.config.schema import Attribute
from icp_ml.errors import DataError
from icp_ml.features.encoding import AttributeEncoder

ATTRIBUTES = {
    "size": Attribute(type="number"),
    "industry": Attribute(type="category"),
    "band": Attribute(type="category", order=["s", "m", "l"]),
    "revops": Attribute(type="boolean"),
    "tools": Attribute(type="tags"),
}


@pytest.fixture
def frame() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "size": [1.0, 3.0, np.nan, 5.0],
            "industry": pd.array(["b", "a", "b", None], dtype="str"),
            "band": pd.array(["l", "s", "m", None], dtype="str"),
            "revops": pd.array([True, False, None, True], dtype="boolean"),
            "tools": [("x", "y"), (), ("x",), ("x", "z")],
        },
        index=["A", "B", "C", "D"],
    )


def test_every_type_becomes_native_columns(frame: pd.DataFrame) -> None:
    encoded = AttributeEncoder(ATTRIBUTES, min_count=1).fit(frame).transform(frame)
    assert list(encoded.columns) == ["size", "industry", "band", "revops", "tools = x", "tools = y", "tools = z"]
    assert list(encoded["industry"].cat.categories) == ["a", "b"]
    assert encoded["industry"].cat.codes.tolist() == [1, 0, 1, -1]
    np.testing.assert_array_equal(encoded["band"], [2, 0, 1, np.nan])
    np.testing.assert_array_equal(encoded["revops"], [1, 0, np.nan, 1])
    np.testing.assert_array_equal(encoded["tools = x"], [1, 0, 1, 1])
    np.testing.assert_array_equal(encoded["size"], [1, 3, np.nan, 5])
    assert list(encoded.index) == ["A", "B", "C", "D"]


def test_rare_and_unseen_levels_and_tags_read_as_missing_or_absent(frame: pd.DataFrame) -> None:
    encoder = AttributeEncoder(ATTRIBUTES, min_count=2).fit(frame)
    later = pd.DataFrame({"industry": ["b", "a", "new"], "tools": [("y",), ("x", "new"), ()]})
    encoded = encoder.transform(later)
    assert encoded["industry"].cat.codes.tolist() == [0, -1, -1]
    assert [c for c in encoded if c.startswith("tools")] == ["tools = x"]
    assert encoded["tools = x"].tolist() == [0.0, 1.0, 0.0]


def test_at_most_max_levels_are_kept_the_most_frequent_first() -> None:
    frame = pd.DataFrame({"c": ["z"] * 3 + ["y"] * 2 + ["x"] * 2 + ["w"]})
    encoder = AttributeEncoder({"c": Attribute(type="category")}, max_levels=2, min_count=1).fit(frame)
    assert encoder.columns_[0].levels == ("x", "z")


def test_an_absent_column_reads_as_missing_throughout(frame: pd.DataFrame) -> None:
    encoder = AttributeEncoder(ATTRIBUTES, min_count=1).fit(frame)
    encoded = encoder.transform(pd.DataFrame(index=["E"]))
    assert encoded.isna().all(axis=None)
    assert np.isfinite(encoder.dense(pd.DataFrame(index=["E"]))).all()


def test_the_dense_design_is_centred_with_an_indicator_of_missing(frame: pd.DataFrame) -> None:
    numbers = {"size": ATTRIBUTES["size"]}
    design = AttributeEncoder(numbers).fit(frame).dense(frame)
    # Known 1, 3, 5 are clipped to their 1st and 99th percentile 1.04 and 4.96: mean 3, two deviations 3.2006.
    expected = np.array([-1.96, 0, 0, 1.96]) / (2 * 1.96 * np.sqrt(2 / 3))
    np.testing.assert_allclose(design[:, 0], expected)
    np.testing.assert_allclose(design[:, 1], [-0.25, -0.25, 0.75, -0.25])


def test_skewed_sizes_enter_the_dense_design_as_logarithms() -> None:
    frame = pd.DataFrame({"size": [1.0] * 50 + [1e6]})
    assert AttributeEncoder({"size": ATTRIBUTES["size"]}).fit(frame).columns_[0].log


def test_one_hot_columns_add_up_to_zero_over_the_fitted_accounts(frame: pd.DataFrame) -> None:
    design = AttributeEncoder(ATTRIBUTES, min_count=1).fit(frame).dense(frame)
    np.testing.assert_allclose(design.sum(axis=0), 0, atol=1e-12)


def test_the_state_survives_json(frame: pd.DataFrame) -> None:
    encoder = AttributeEncoder(ATTRIBUTES, min_count=1).fit(frame)
    again = AttributeEncoder.from_state(json.loads(json.dumps(encoder.state())))
    pd.testing.assert_frame_equal(again.transform(frame), encoder.transform(frame))
    np.testing.assert_array_equal(again.dense(frame), encoder.dense(frame))


def test_a_state_of_another_shape_is_refused() -> None:
    with pytest.raises(DataError, match="must hold 'columns' as this version writes them"):
        AttributeEncoder.from_state({"columns": [{"nonsense": 1}]})


def test_the_input_stays_as_it_was(frame: pd.DataFrame) -> None:
    before = frame.copy(deep=True)
    encoder = AttributeEncoder(ATTRIBUTES).fit(frame)
    encoder.transform(frame)
    encoder.dense(frame)
    pd.testing.assert_frame_equal(frame, before)


def test_levels_that_look_like_numbers_stay_text() -> None:
    frame = pd.DataFrame({"senior": pd.Series(["0", "1", "0"], dtype="str")})
    encoded = AttributeEncoder({"senior": Attribute(type="category")}, min_count=1).fit(frame).transform(frame)
    assert encoded["senior"].tolist() == ["0", "1", "0"]


def test_a_constant_and_an_empty_attribute_encode_without_harm() -> None:
    frame = pd.DataFrame({"size": [2.0, 2.0], "industry": pd.Series([None, None], dtype="str")})
    encoder = AttributeEncoder({name: ATTRIBUTES[name] for name in frame}).fit(frame)
    np.testing.assert_array_equal(encoder.dense(frame), [[0, 0], [0, 0]])
