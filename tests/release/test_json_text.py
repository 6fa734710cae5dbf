from __future__ import annotations

import datetime as dt
import json

import numpy as np
import pandas as pd
import pytest

from icp_ml.criteria.types import Interval
from icp_ml.release.json_text import json_ready, to_json_bytes


def test_nan_never_reaches_a_file():
    with pytest.raises(ValueError, match="not JSON compliant"):
        to_json_bytes({"rate": float("nan")})


def test_keys_keep_their_order_and_text_its_script():
    assert to_json_bytes({"b": [1], "a": "Größe"}) == '{\n  "b": [\n    1\n  ],\n  "a": "Größe"\n}\n'.encode()


def test_floats_are_rounded_to_six_digits_and_integers_are_not():
    assert json_ready({"a": 1 / 3, "b": 123456789, "c": np.float64(1e-9 / 3)}) == {
        "a": 0.333333,
        "b": 123456789,
        "c": 3.33333e-10,
    }


def test_an_undefined_figure_is_absent_with_a_reason_beside_the_reasons_given():
    ready = json_ready({"rate": np.nan, "n": 3, "absent": {"nrr": "no ARR"}})
    assert ready == {
        "n": 3,
        "absent": {"nrr": "no ARR", "rate": "not defined: there was nothing to measure it on"},
    }


def test_numpy_pandas_and_dates_become_json_s_own_types():
    ready = json_ready(
        {
            "n": np.int64(2),
            "yes": np.bool_(True),
            "day": dt.date(2026, 6, 30),
            "at": pd.Timestamp("2026-06-30"),
            "t": (1,),
        }
    )
    assert json.loads(to_json_bytes(ready)) == {"n": 2, "yes": True, "day": "2026-06-30", "at": "2026-06-30", "t": [1]}


def test_a_dataclass_becomes_an_object():
    assert json_ready([Interval(0.1, 0.0, 0.2)]) == [{"estimate": 0.1, "low": 0.0, "high": 0.2, "level": 0.9}]


def test_what_has_no_json_form_is_refused():
    with pytest.raises(TypeError, match="set has no JSON form"):
        json_ready({"a": {1}})
