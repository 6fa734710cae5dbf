"""JSON as releases write it: the same bytes for the same content, and never NaN."""

from __future__ import annotations

import datetime as dt
import json
import math
from collections.abc import Mapping
from dataclasses import asdict, is_dataclass
from typing import Any

import numpy as np
import pandas as pd

SIGNIFICANT = 6
UNDEFINED = "not defined: there was nothing to measure it on"


def to_json_bytes(obj: Any) -> bytes:
    r"""Return ``obj`` as UTF-8 JSON: keys in their order, two spaces, one newline at the end.

    Raises
    ------
    ValueError
        If a number is NaN or infinite.

    >>> to_json_bytes({"b": 1, "a": "ü"}).decode()
    '{\n  "b": 1,\n  "a": "ü"\n}\n'
    """
    return (json.dumps(obj, indent=2, ensure_ascii=False, allow_nan=False) + "\n").encode()


def rounded(value: float, digits: int = SIGNIFICANT) -> float | int:
    """Round to significant digits, so that a machine's last bits never reach a file.

    >>> rounded(0.123456789), rounded(1234567.8), rounded(0.30000000000000004)
    (0.123457, 1234570.0, 0.3)
    """
    return float(f"{value:.{digits}g}")


def json_ready(obj: Any) -> Any:
    """Return ``obj`` in JSON's own types: floats rounded, dates as ISO text, tuples as lists, dataclasses as objects.

    A NaN inside an object is left out and named under ``absent`` with the reason, since an undefined figure is neither
    0 nor null; one inside a list becomes null, to keep the others in their places.

    Raises
    ------
    TypeError
        If something has no JSON form.

    >>> json_ready({"rate": float("nan"), "n": np.int64(3)})
    {'n': 3, 'absent': {'rate': 'not defined: there was nothing to measure it on'}}
    """
    if is_dataclass(obj) and not isinstance(obj, type):
        return json_ready(asdict(obj))
    if isinstance(obj, Mapping):
        return _object(obj)
    if isinstance(obj, (list, tuple, np.ndarray, pd.Series)):
        return [json_ready(v) for v in obj]
    return _scalar(obj)


def _object(obj: Mapping[Any, Any]) -> dict[str, Any]:
    ready = {str(k): json_ready(v) for k, v in obj.items() if not _undefined(v)}
    lost = {str(k): UNDEFINED for k, v in obj.items() if _undefined(v)}
    if lost:
        given = ready.get("absent")
        ready["absent"] = {**given, **lost} if isinstance(given, dict) else lost
    return ready


def _undefined(value: Any) -> bool:
    return isinstance(value, (float, np.floating)) and not math.isfinite(value)


def _scalar(obj: Any) -> Any:
    if obj is None or obj is pd.NaT or obj is pd.NA or _undefined(obj):
        return None
    if isinstance(obj, (bool, np.bool_)):
        return bool(obj)
    if isinstance(obj, (int, np.integer)):
        return int(obj)
    if isinstance(obj, (float, np.floating)):
        return rounded(float(obj))
    if isinstance(obj, str):
        return str(obj)
    if isinstance(obj, pd.Timestamp):
        return obj.date().isoformat() if obj == obj.normalize() else obj.isoformat()
    if isinstance(obj, (dt.date, dt.datetime)):
        return obj.isoformat()
    raise TypeError(f"{type(obj).__name__} has no JSON form: {obj!r}")
