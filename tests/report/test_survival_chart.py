from __future__ import annotations

import re

from icp_ml.report.survival_chart import survival_svg


def row(group: str, month: int, forecast: float, observed: float | None = None, **more: float) -> dict[str, object]:
    return {"group": group, "month": month, "forecast": forecast, "observed": observed, **more}


def test_a_line_starts_at_nobody_left_and_ends_at_its_forecast() -> None:
    svg = survival_svg([row("all", 1, 0.1), row("all", 2, 0.4, 0.2, low=0.1, high=0.3)], "churn")
    # The axis ends at 40 %: 0 at 26 + 210 from the top, 0.4 at 26; two months are 330 wide from 46.
    assert 'points="46.0,236.0 211.0,183.5 376.0,26.0"' in svg
    assert 'cx="376.0" cy="131.0"' in svg
    assert svg.count("<circle") == svg.count("whisker") == 1


def test_names_at_the_ends_of_close_lines_do_not_cover_each_other_and_are_escaped() -> None:
    svg = survival_svg([row("a<b", 1, 0.20), row("c", 1, 0.21)], "x")
    names = {name: float(y) for y, name in re.findall(r'<text x="382" y="([0-9.]+)">([^<]+)</text>', svg)}
    assert set(names) == {"a&lt;b", "c"}
    assert abs(names["a&lt;b"] - names["c"]) >= 13
