from __future__ import annotations

import numpy as np
import pandas as pd
import pyarrow as pa

from icp_ml.release.frames import typed_frame, with_absent
from icp_ml.release.parts import attributes_arrow


def test_attributes_come_back_from_arrow_as_they_went(latest, config):
    back = typed_frame(attributes_arrow(latest, config.attributes), config.attributes, list(latest.index))
    pd.testing.assert_frame_equal(back[list(latest.columns)], latest)
    assert back["colour"].isna().all()


def test_an_absent_attribute_is_missing_in_its_own_type(latest, config):
    full = with_absent(latest[["industry"]], config.attributes)
    assert list(full.columns) == list(config.attributes)
    assert [str(full[c].dtype) for c in ("employee_count", "has_revops", "tech_stack")] == [
        "float64",
        "boolean",
        "object",
    ]
    assert full["tech_stack"].tolist() == [None] * 6


def test_lists_of_texts_become_tuples_row_by_row(config):
    lists = pa.chunked_array([[["b", "a"], []], [None, ["b", "a"], ["a"]]], type=pa.list_(pa.string()))
    frame = typed_frame(pa.table({"tech_stack": lists}), {"tech_stack": config.attributes["tech_stack"]})
    assert frame["tech_stack"].tolist() == [("b", "a"), (), None, ("b", "a"), ("a",)]


def test_numbers_keep_every_bit(config):
    values = np.array([49.999999, 0.1 + 0.2, np.nextafter(40.0, 0)])
    frame = typed_frame(pa.table({"employee_count": values}), {"employee_count": config.attributes["employee_count"]})
    assert frame["employee_count"].tolist() == values.tolist()
