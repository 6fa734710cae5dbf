"""Arrays and frames of any dtype as the typed attributes and outcomes that models take."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

import numpy as np
import pandas as pd
from sklearn.utils import assert_all_finite, check_array, check_consistent_length, column_or_1d
from sklearn.utils.multiclass import check_classification_targets, type_of_target
from sklearn.utils.validation import validate_data

from icp_ml.config.schema import Attribute
from icp_ml.errors import nearest
from icp_ml.models.targets import ChurnTarget, WinTarget
from icp_ml.survival.risk import FollowUp, follow_up

_KINDS: dict[str, Literal["number", "category", "boolean"]] = {
    "boolean": "boolean",
    "categorical": "category",
    "string": "category",
    **dict.fromkeys(("integer", "floating", "mixed-integer-float", "decimal", "empty"), "number"),
}
"""Attribute type by what pandas finds in a column."""
_COLLECTIONS = (tuple, list, set, frozenset)


def checked(estimator: Any, X: Any, *, reset: bool) -> pd.DataFrame:
    """Return ``X`` as a frame with text column names, its width and names remembered or compared as scikit-learn does.

    Parameters
    ----------
    estimator : estimator
        Keeps ``n_features_in_`` and ``feature_names_in_``.
    X : DataFrame or array-like of numbers, shape (n, n_features)
        Columns of an array are called ``x0``, ``x1`` and so on.
    reset : bool
        Whether this is ``fit``.

    Returns
    -------
    DataFrame
        The columns of a frame as they are, those of an array as float64.

    Raises
    ------
    ValueError
        If there is no row or column, two columns share a name, or columns differ from those of ``fit``.
    TypeError
        If an array holds something other than numbers.
    """
    if not isinstance(X, pd.DataFrame):
        values = validate_data(estimator, X, reset=reset, dtype=np.float64, ensure_all_finite="allow-nan")
        return pd.DataFrame(values, columns=[f"x{j}" for j in range(values.shape[1])])
    frame = X.set_axis([str(name) for name in X.columns], axis=1)
    if frame.columns.has_duplicates:
        twice = sorted(set(frame.columns[frame.columns.duplicated()]))
        raise ValueError(f"columns of X must have different names; found more than once: {', '.join(twice[:5])}")
    validate_data(estimator, X, reset=reset, skip_check_array=True)
    if 0 in X.shape:
        raise ValueError(
            f"X must have at least one row and one column; found {X.shape[0]} sample(s) and {X.shape[1]} feature(s)"
        )
    return frame


def attributes_of(frame: pd.DataFrame, declared: Mapping[str, Attribute] | None) -> dict[str, Attribute]:
    """Return the type of each column: as declared, else as its values say.

    Numbers are numbers; booleans are booleans; text and pandas categories are categories, ordered ones with their
    order; columns of tuples, lists or sets of text are tags.

    Raises
    ------
    ValueError
        If a declared column is not there, or the values of another are of no such type: dates, for instance.
    """
    declared = declared or {}
    for name in declared:
        if name not in frame.columns:
            raise ValueError(
                f"attributes must be columns of X; found {name!r}{nearest(name, frame.columns)}; correct the name"
            )
    return {name: declared.get(name) or _attribute(frame[name]) for name in frame.columns}


def typed(frame: pd.DataFrame, attributes: Mapping[str, Attribute]) -> pd.DataFrame:
    """Return the columns of ``frame`` as typed attributes, on its index.

    Raises
    ------
    ValueError
        If values are not of the type of their attribute, or infinite.
    """
    columns = {name: _typed(frame[name], name, spec) for name, spec in attributes.items()}
    numbers = [name for name, spec in attributes.items() if spec.type == "number"]
    if numbers:
        block = np.column_stack([columns[name] for name in numbers])
        check_array(block, input_name="X", ensure_all_finite="allow-nan")
    return pd.DataFrame(columns, index=frame.index)


def won_target(y: Any, n: int) -> tuple[np.ndarray, WinTarget]:
    """Return the two classes in sorted order, and who is in the second.

    Raises
    ------
    ValueError
        If ``y`` does not have exactly two classes with at least two rows each, or another length than ``n``.
    """
    labels = column_or_1d(y, warn=True)
    assert_all_finite(labels, input_name="y")
    check_consistent_length(np.empty(n), labels)
    check_classification_targets(labels)
    classes, counts = np.unique(labels, return_counts=True)
    if len(classes) > 2:
        raise ValueError(
            f"Only binary classification is supported. The type of the target is {type_of_target(labels)}."
        )
    if len(classes) < 2 or counts.min() < 2:
        found = ", ".join(f"{count} of class {label!s}" for label, count in zip(classes, counts, strict=True))
        raise ValueError(
            f"y must have two classes with at least 2 rows each, since each must be seen in fitting and held out; "
            f"found {len(classes)} class{'es' if len(classes) > 1 else ''}: {found}"
        )
    return classes, WinTarget(np.asarray(labels == classes[1]))


def follow_up_of(y: Any, n: int) -> FollowUp:
    """Return follow-up from the two forms in which it may be given.

    Parameters
    ----------
    y : structured array with 2 or 3 fields, or array-like of float; shape (n,)
        Fields are whether follow-up ended in churn (bool), the months followed, and the months after the start at
        which observation began, by position, as scikit-survival has the first two. Plain numbers are months, with a
        minus sign where censored, as xgboost's ``survival:cox`` takes them.
    n : int
        How many there must be.

    Raises
    ------
    ValueError
        If ``y`` is of neither form, has another length, or holds times that are missing, infinite or negative.
    """
    fields = np.asarray(y).dtype.names
    if fields is None:
        signed = np.asarray(check_array(column_or_1d(y, warn=True), ensure_2d=False, input_name="y", dtype=np.float64))
        check_consistent_length(np.empty(n), signed)
        return follow_up(np.abs(signed), signed > 0)
    records = column_or_1d(np.asarray(y))
    check_consistent_length(np.empty(n), records)
    if len(fields) not in (2, 3) or records.dtype[0] != np.bool_:
        raise ValueError(
            "a structured y must have the fields event (bool), time (months) and optionally entry (months), in this "
            f"order; found {records.dtype}"
        )
    event, *times = (records[name] for name in fields)
    return follow_up(times[0], event, times[1] if len(times) > 1 else None)


def churn_target(observations: FollowUp, horizon: int) -> tuple[ChurnTarget, np.ndarray]:
    """Return what a model learns from, and the rows ever under observation, shape (n,), bool.

    A row with no time under observation, such as follow-up of 0 months, says nothing and is left out.

    Raises
    ------
    ValueError
        If fewer than 2 rows are seen to churn within the horizon.
    """
    seen = observations.time > np.maximum(observations.entry, 0)
    entry = np.maximum(observations.entry[seen], 0)
    target = ChurnTarget(observations.time[seen], observations.event[seen], entry, float(horizon))
    churned = int(target.label.sum())
    if churned < 2:
        raise ValueError(
            f"y must hold at least 2 customers seen to churn within {horizon} months, since churn must be seen in "
            f"fitting and held out; found {churned} among {len(seen)} sample{'s' * (len(seen) != 1)}, "
            f"{int(seen.sum())} of them followed for any time; give a longer horizon or more customers"
        )
    return target, seen


def _attribute(column: pd.Series) -> Attribute:
    """Type of a column by its values."""
    if isinstance(column.dtype, pd.CategoricalDtype):
        order = [str(level) for level in column.cat.categories] if column.cat.ordered else None
        return Attribute(type="category", order=order)
    found = pd.api.types.infer_dtype(column, skipna=True)
    if found in _KINDS:
        return Attribute(type=_KINDS[found])
    known = column.dropna()
    if found == "mixed" and all(isinstance(value, _COLLECTIONS) for value in known):
        return Attribute(type="tags")
    if found in ("mixed-integer", "mixed") and all(np.isscalar(value) for value in known):
        return Attribute(type="category")
    raise ValueError(
        f"column {column.name!r} of X must hold numbers, booleans, text, categories or sets of tags; found "
        f"{found} values of dtype {column.dtype}; turn dates into numbers, or leave the column out"
    )


def _typed(column: pd.Series, name: str, spec: Attribute) -> Any:
    """Values of one column as the encoder takes them."""
    if spec.type == "category":
        return column.astype(object).map(str, na_action="ignore")
    if spec.type == "tags":
        return column.map(lambda tags: tuple(str(tag) for tag in tags) if isinstance(tags, _COLLECTIONS) else None)
    try:
        if spec.type == "boolean":
            return column.astype("boolean")
        return pd.to_numeric(column).astype("Float64").to_numpy(dtype=float, na_value=np.nan)
    except (TypeError, ValueError) as err:
        raise ValueError(f"column {name!r} of X must hold {spec.type} values; {err}; mend or convert them") from err
