"""What columns and outcomes are taken for."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from estimator_data import FEW, KINDS, deal_data

from icp_ml.config.schema import Attribute
from icp_ml.models.estimator_input import attributes_of, typed
from icp_ml.models.estimators import WinClassifier


@pytest.fixture(scope="module")
def deals() -> tuple[pd.DataFrame, np.ndarray]:
    return deal_data()


def test_each_dtype_is_taken_for_what_it_says(deals) -> None:
    found = WinClassifier(settings=FEW).fit(*deals).attributes_
    types = {name: spec.type for name, spec in found.items()}
    assert types == {
        "size": "number",
        "sector": "category",
        "region": "category",
        "band": "category",
        "known": "boolean",
        "tools": "tags",
    }
    assert (found["band"].order, found["region"].order) == (["small", "large"], None)


@pytest.mark.parametrize("values", [[1, 2, None], [1.5, np.nan, 2], pd.array([1, None, 2], dtype="Int64")])
def test_numbers_of_any_dtype_are_numbers(values) -> None:
    frame = pd.DataFrame({"x": pd.Series(values, dtype=getattr(values, "dtype", object))})
    frame, y = pd.concat([frame] * 4, ignore_index=True), [0, 1, 1] * 4
    fit = WinClassifier(kind="logistic").fit(frame, y)
    assert fit.attributes_["x"].type == "number"
    plain = WinClassifier(kind="logistic").fit(frame.astype({"x": float}), y)
    np.testing.assert_array_equal(fit.predict_proba(frame), plain.predict_proba(frame.astype({"x": float})))


@pytest.mark.parametrize("kind", KINDS)
def test_text_categories_and_their_positions_by_another_code_predict_the_same(deals, kind) -> None:
    frame, won = deals
    fit = WinClassifier(kind=kind, settings=FEW).fit(frame, won)
    other = frame.assign(
        sector=pd.Categorical(frame["sector"], categories=["c", "b", "a"]), region=frame["region"].astype(str)
    )
    np.testing.assert_array_equal(fit.predict_proba(other), fit.predict_proba(frame))


def test_what_drives_winning_is_told_apart_in_text_and_in_tags(deals) -> None:
    frame, _ = deals
    explained = WinClassifier().fit(*deals).explain(frame)
    by_sector = explained["sector"].groupby((frame["sector"] == "a").to_numpy()).mean()
    by_tool = explained["tools"].groupby(["jira" in tools for tools in frame["tools"]]).mean()
    assert by_sector[True] > by_sector[False] + 0.5
    assert by_tool[True] > by_tool[False] + 0.5


def test_contributions_add_up_to_the_log_odds(deals) -> None:
    fit = WinClassifier(settings=FEW).fit(*deals)
    explained = fit.explain(deals[0])
    assert list(explained.columns) == [*deals[0].columns, "base"]
    np.testing.assert_allclose(explained.sum(axis=1), fit.decision_function(deals[0]), atol=1e-4)


def test_a_declared_type_wins_over_the_dtype(deals) -> None:
    frame, won = deals
    rising = {"size": Attribute(type="number", monotone="increasing")}
    fit = WinClassifier(attributes=rising, kind="logistic").fit(frame, won)
    assert fit.attributes_["size"].monotone == "increasing"
    assert fit.attributes_["tools"].type == "tags"
    levels = WinClassifier(attributes={"x0": Attribute(type="category")}, kind="logistic", n_folds=2)
    with pytest.raises(ValueError, match="must be a frame as in fit"):
        levels.fit(np.arange(20).reshape(-1, 1) % 2, [0, 1] * 10).predict(np.zeros((1, 1)))


def test_a_declared_column_that_is_not_there_is_named_with_the_nearest(deals) -> None:
    with pytest.raises(ValueError, match=r"'sectro' \(did you mean 'sector'\?\)"):
        WinClassifier(attributes={"sectro": Attribute(type="category")}).fit(*deals)


@pytest.mark.parametrize(
    ("column", "said"),
    [
        (pd.date_range("2024-01-01", periods=8), "column 'x' of X must hold numbers.*datetime64"),
        ([np.inf, 1, 2, 3, 4, 5, 6, 7], "infinity"),
        ([{"a": 1}] * 8, "column 'x' of X must hold numbers"),
        ([1 + 2j] * 8, "column 'x' of X must hold numbers.*complex"),
    ],
)
def test_a_column_no_model_can_use_is_refused_by_name(column, said) -> None:
    frame = pd.DataFrame({"x": column, "text": list("abababab")})
    with pytest.raises(ValueError, match=said):
        WinClassifier().fit(frame, [0, 1] * 4)


def test_values_of_another_type_than_in_fit_are_refused_by_name(deals) -> None:
    fit = WinClassifier(settings=FEW).fit(*deals)
    for name, type_ in (("size", "number"), ("known", "boolean")):
        wrong = deals[0].assign(**{name: "plenty"})
        with pytest.raises(ValueError, match=f"column '{name}' of X must hold {type_} values"):
            fit.predict(wrong)


def test_two_columns_of_one_name_are_refused() -> None:
    frame = pd.DataFrame(np.zeros((8, 3)), columns=["a", "b", "a"])
    with pytest.raises(ValueError, match=r"found more than once: a$"):
        WinClassifier().fit(frame, [0, 1] * 4)


def test_an_array_where_a_frame_was_fitted_is_read_by_position(deals) -> None:
    frame, won = deals[0][["size"]].assign(other=np.arange(600.0)), deals[1]
    fit = WinClassifier(settings=FEW).fit(frame, won)
    with pytest.warns(UserWarning, match="does not have valid feature names"):
        np.testing.assert_array_equal(fit.predict_proba(frame.to_numpy()), fit.predict_proba(frame))


def test_the_frame_given_is_left_as_it_was_and_its_index_may_repeat(deals) -> None:
    rows = np.r_[0:300, 0:300]
    frame, won = deals[0].iloc[rows], deals[1][rows]
    before = frame.copy(deep=True)
    fit = WinClassifier(settings=FEW).fit(frame, won)
    pd.testing.assert_frame_equal(frame, before)
    np.testing.assert_array_equal(fit.predict(frame)[:300], fit.predict(frame)[300:])


def test_levels_and_tags_become_text_and_what_is_missing_stays_missing() -> None:
    frame = pd.DataFrame(
        {
            "code": pd.Categorical([1, 2, None]),
            "mixed": pd.Series([1, "b", None], dtype=object),
            "tags": pd.Series([[3, "x"], set(), None], dtype=object),
            "flag": pd.Series([True, None, False], dtype=object),
            "empty": pd.Series([None] * 3, dtype=object),
        }
    )
    attributes = attributes_of(frame, None)
    assert [spec.type for spec in attributes.values()] == ["category", "category", "tags", "boolean", "number"]
    found = typed(frame, attributes)
    assert found["code"].tolist()[:2] == ["1", "2"]
    assert found["mixed"].tolist()[:2] == ["1", "b"]
    assert found["tags"].tolist()[:2] == [("3", "x"), ()]
    assert found["flag"].tolist()[::2] == [True, False]
    assert found.isna().sum().tolist() == [1, 1, 1, 1, 3]
