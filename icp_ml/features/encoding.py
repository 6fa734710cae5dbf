"""Typed attributes as model input: native columns for trees, a dense design for penalised regression."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from icp_ml.conditions import AttributeLike
from icp_ml.errors import DataError

_SKEWED = 2.0
"""Numbers from 0 up with more skewness than this enter the dense design as ``log(1 + x)``: sizes and revenues."""

Kind = Literal["number", "rank", "boolean", "category", "tag"]


@dataclass(frozen=True)
class EncodedColumn:
    """One column of the encoded frame.

    Parameters
    ----------
    name : str
        Column name: the attribute's, or ``attribute = tag`` for a tag.
    attribute : str
        Attribute it comes from; a tags attribute has one column a frequent tag.
    kind : {"number", "rank", "boolean", "category", "tag"}
        How it is encoded; ``rank`` is an ordered category.
    levels : tuple of str
        Levels of a category or rank, in code order; the tag of a tag column.
    centre, scale : float
        What the dense design subtracts and divides by.
    log : bool
        Whether the dense design takes ``log(1 + x)`` first.
    low, high : float
        Values outside are moved to the ends in the dense design, which cannot bend.
    shares : tuple of float
        Share of the fitted accounts in each level of a category.
    missing : float
        Share of the fitted accounts without a value.
    """

    name: str
    attribute: str
    kind: Kind
    levels: tuple[str, ...] = ()
    centre: float = 0.0
    scale: float = 1.0
    log: bool = False
    low: float = 0.0
    high: float = 0.0
    shares: tuple[float, ...] = ()
    missing: float = 0.0


@dataclass
class AttributeEncoder:
    """Turn a frame of typed attributes into model input.

    A level not seen in fitting, or too rare to learn from, reads as missing. A column absent from a frame to transform
    reads as missing throughout.

    Parameters
    ----------
    attributes : mapping of str to Attribute
        Attributes to encode, in column order.
    max_levels : int, default 30
        At most this many levels of a category, and tags of a tags attribute, the most frequent ones.
    min_count : int, default 5
        Levels and tags with fewer accounts are pooled with the missing.

    Attributes
    ----------
    columns_ : tuple of EncodedColumn
        The columns :meth:`transform` makes.

    Examples
    --------
    >>> from icp_ml.config.schema import Attribute
    >>> frame = pd.DataFrame({"industry": ["a", "a", "b"]})
    >>> encoder = AttributeEncoder({"industry": Attribute(type="category")}, min_count=2).fit(frame)
    >>> encoder.transform(frame)["industry"].tolist()
    ['a', 'a', nan]
    """

    attributes: Mapping[str, AttributeLike]
    max_levels: int = 30
    min_count: int = 5
    columns_: tuple[EncodedColumn, ...] = field(default=(), init=False)

    def fit(self, frame: pd.DataFrame) -> AttributeEncoder:
        """Learn levels, tags and scales from ``frame``, one row an account."""
        columns: list[EncodedColumn] = []
        for name, spec in self.attributes.items():
            columns.extend(self._fit_attribute(name, spec, _values(frame, name)))
        self.columns_ = tuple(columns)
        return self

    def transform(self, frame: pd.DataFrame) -> pd.DataFrame:
        """Return one column a number, boolean, category or frequent tag, on the index of ``frame``.

        Numbers, ranks, booleans (0/1) and tags (0/1) are float64, NaN where missing; categories have dtype
        ``category`` with the fitted levels.
        """
        data: dict[str, Any] = {}
        for attribute, columns in itertools.groupby(self.columns_, key=lambda c: c.attribute):
            levels = _Levels(_values(frame, attribute))
            for column in columns:
                if column.kind == "category":
                    data[column.name] = pd.Categorical.from_codes(
                        levels.codes(column.levels), pd.Index(column.levels, dtype=object)
                    )
                else:
                    data[column.name] = _as_number(levels, column)
        return pd.DataFrame(data, index=frame.index)

    def dense(self, frame: pd.DataFrame) -> np.ndarray:
        """Return a centred design without missing values, shape ``(len(frame), len(self.dense_columns))``.

        Numbers are clipped to the fitted 1st and 99th percentile and divided by two standard deviations, which puts
        them on the footing of 0/1 columns (Gelman 2008, doi:10.1002/sim.3107); a missing number sits at the mean and
        has an indicator of its own.
        """
        encoded = self.transform(frame)
        parts = [_dense_part(encoded[column.name], column) for column in self.columns_]
        return np.column_stack(parts) if parts else np.empty((len(frame), 0))

    @property
    def dense_columns(self) -> list[EncodedColumn]:
        """The encoded column behind each column of :meth:`dense`."""
        return [column for column in self.columns_ for _ in range(_dense_width(column))]

    def state(self) -> dict[str, Any]:
        """Return everything learned as JSON-ready values."""
        return {"columns": [{k: _listed(v) for k, v in vars(column).items()} for column in self.columns_]}

    @classmethod
    def from_state(cls, state: Mapping[str, Any]) -> AttributeEncoder:
        """Rebuild an encoder that transforms as the one whose :meth:`state` this is.

        Raises
        ------
        DataError
            If the state is not one this version writes.
        """
        encoder = cls({})
        try:
            encoder.columns_ = tuple(EncodedColumn(**_tupled(column)) for column in state["columns"])
        except (KeyError, TypeError, AttributeError) as err:
            raise DataError(
                f"the encoder state in a model file must hold 'columns' as this version writes them; {err}"
            ) from err
        return encoder

    def _fit_attribute(self, name: str, spec: AttributeLike, values: pd.Series) -> list[EncodedColumn]:
        """Columns of one attribute."""
        if spec.type == "tags":
            return self._fit_tags(name, values)
        if spec.type == "category" and not spec.order:
            return [self._fit_category(name, values)]
        kind: Kind = "rank" if spec.type == "category" else "boolean" if spec.type == "boolean" else "number"
        column = EncodedColumn(name, name, kind, levels=tuple(spec.order or ()))
        return [_scaled(column, _as_number(_Levels(values), column))]

    def _fit_category(self, name: str, values: pd.Series) -> EncodedColumn:
        """Most frequent levels in alphabetical order."""
        counts = Counter(str(v) for v in values.dropna())
        levels = _frequent(counts, self.max_levels, self.min_count)
        n = max(len(values), 1)
        kept = sum(counts[level] for level in levels)
        shares = tuple(counts[level] / n for level in levels)
        return EncodedColumn(name, name, "category", levels, shares=shares, missing=1 - kept / n)

    def _fit_tags(self, name: str, values: pd.Series) -> list[EncodedColumn]:
        """One 0/1 column a frequent tag."""
        counts = Counter(tag for tags in values if isinstance(tags, tuple) for tag in set(tags))
        tags = _frequent(counts, self.max_levels, self.min_count)
        columns = [EncodedColumn(f"{name} = {tag}", name, "tag", (tag,)) for tag in tags]
        levels = _Levels(values)
        return [_scaled(column, _as_number(levels, column)) for column in columns]


def _frequent(counts: Counter[str], most: int, least: int) -> tuple[str, ...]:
    """Return the most frequent names, ties by name, in alphabetical order."""
    ranked = sorted((name for name in counts if counts[name] >= least), key=lambda name: (-counts[name], name))
    return tuple(sorted(ranked[:most]))


def _values(frame: pd.DataFrame, name: str) -> pd.Series:
    """Return an attribute's column, all missing where the frame has none."""
    return frame[name] if name in frame.columns else pd.Series([None] * len(frame), index=frame.index, dtype=object)


class _Levels:
    """An attribute's values, each different level or list of tags looked at once, however many rows have it."""

    def __init__(self, values: pd.Series) -> None:
        self.values = values

    @cached_property
    def _factorised(self) -> tuple[NDArray[np.intp], Any]:
        """Position of each row's value among the different ones, -1 where missing; and the different ones."""
        # An index of tuples of one length would take them apart, so texts and lists go in as arrays.
        return pd.factorize(self.values.to_numpy() if self.values.dtype == object else self.values.array)

    def codes(self, levels: tuple[str, ...]) -> NDArray[np.intp]:
        """Position of each value among the levels, -1 for missing and unknown ones."""
        position, different = self._factorised
        known = pd.Index(levels, dtype=object).get_indexer(pd.Index(different, dtype=object))
        return np.append(known, -1)[position]

    def having(self, tag: str) -> np.ndarray:
        """1 where a list of tags has one, 0 where not, NaN where there is no list."""
        position, different = self._factorised
        held = [float(tag in tags) if isinstance(tags, tuple) else np.nan for tags in different]
        return np.array([*held, np.nan])[position]


def _as_number(levels: _Levels, column: EncodedColumn) -> np.ndarray:
    """Return a number, rank, boolean or tag column as float64."""
    values = levels.values
    if column.kind == "tag":
        return levels.having(column.levels[0])
    if column.kind == "rank":
        codes = levels.codes(column.levels).astype(float)
        return np.where(codes < 0, np.nan, codes)
    if column.kind == "boolean":
        return values.astype("boolean").to_numpy(dtype=float, na_value=np.nan)
    return values.astype("Float64" if values.dtype == object else float).to_numpy(dtype=float, na_value=np.nan)


def _scaled(column: EncodedColumn, values: np.ndarray) -> EncodedColumn:
    """Return the column with its dense scale learned from ``values``."""
    known = values[np.isfinite(values)]
    column = replace(column, missing=1 - len(known) / max(len(values), 1))
    if not len(known):
        return column
    low, high = (float(q) for q in np.quantile(known, [0.01, 0.99]))
    if column.kind in ("boolean", "tag"):
        low, high = 0.0, 1.0
    log = column.kind == "number" and bool(known.min() >= 0) and _skewness(known) > _SKEWED
    shaped = _shaped(known, low, high, log)
    spread = float(shaped.std())
    scale = 1.0 if column.kind in ("boolean", "tag") or spread < 1e-12 else 2 * spread
    return replace(column, centre=float(shaped.mean()), scale=scale, log=log, low=low, high=high)


def _skewness(values: np.ndarray) -> float:
    """Third standardised moment, 0 for a constant."""
    spread = values.std()
    return float((((values - values.mean()) / spread) ** 3).mean()) if spread > 0 else 0.0


def _shaped(values: np.ndarray, low: float, high: float, log: bool) -> np.ndarray:
    """Values clipped to the fitted range, logged where skewed."""
    clipped = np.clip(values, low, high)
    return np.log1p(clipped) if log else clipped


def _dense_width(column: EncodedColumn) -> int:
    """How many dense columns an encoded column makes."""
    own = len(column.levels) if column.kind == "category" else 1
    return own + (column.missing > 0)


def _dense_part(values: pd.Series, column: EncodedColumn) -> np.ndarray:
    """Dense columns of one encoded column; the last one says missing, if any was in fitting."""
    if column.kind == "category":
        codes = values.cat.codes.to_numpy()
        part = (codes[:, None] == np.arange(len(column.levels))).astype(float) - np.asarray(column.shares)
        missing = codes < 0
    else:
        numbers = values.to_numpy()
        missing = np.isnan(numbers)
        shaped = (_shaped(numbers, column.low, column.high, column.log) - column.centre) / column.scale
        part = np.where(missing, 0.0, shaped)[:, None]
    if column.missing > 0:
        part = np.column_stack([part, missing - column.missing])
    return part


def _tupled(state: Mapping[str, Any]) -> dict[str, Any]:
    """Turn lists into tuples, as the columns have them."""
    return {name: tuple(value) if isinstance(value, list) else value for name, value in state.items()}


def _listed(value: Any) -> Any:
    """Turn tuples into lists, as JSON has them."""
    return list(value) if isinstance(value, tuple) else value
