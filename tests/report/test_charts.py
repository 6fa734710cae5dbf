from __future__ import annotations

import re

from icp_ml.report.charts import reliability_svg


def test_a_perfect_bin_lies_on_the_diagonal_and_the_axis_ends_at_a_round_number() -> None:
    svg = reliability_svg([{"predicted": 0.2, "observed": 0.2, "low": 0.1, "high": 0.35, "n": 1200}], "churn")
    # The axis ends at 40 %, so 20 % is half way: 42 + 150 from the left, 8 + 150 from the top.
    assert re.search(r'cx="192.0" cy="158.0"', svg)
    assert "40 %" in svg
    assert "50 %" not in svg
    assert "promised 20 %, observed 20 %, n = 1,200" in svg


def test_a_bin_without_an_interval_has_no_whisker_and_a_title_is_escaped() -> None:
    svg = reliability_svg([{"predicted": 0.5, "observed": 1.0}], 'a "b" <c>')
    assert "whisker" not in svg
    assert 'aria-label="a &quot;b&quot; &lt;c&gt;"' in svg
