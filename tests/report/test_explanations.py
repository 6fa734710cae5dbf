"""What a model's answers rest on, in words and charts."""

from __future__ import annotations

import re
from typing import Any

import pytest

from icp_ml.report.effect_charts import dependence_svg, strip_svg
from icp_ml.report.explanations import told_explained
from icp_ml.report.html import html_report
from icp_ml.report.summary import summarise

HOSTILE = "<script>alert(1)</script>"


def _level(name: str, points: float, known: bool = True, **more: float) -> dict[str, Any]:
    return {"level": name, "words": name, "known": known, "n": 1200, "mean_shap": 0.1, "low_shap": 0.0,
            "high_shap": 0.2, "points": points, "low_points": points - 0.01, "high_points": points + 0.01,
            **more}  # fmt: skip


def _model() -> dict[str, Any]:
    return {
        "importance": [{"attribute": "employee_count", "mean_abs_shap": 0.3},
                       {"attribute": "has_revops", "mean_abs_shap": 0.1},
                       {"attribute": "noise", "mean_abs_shap": 0.0}],
        "stability": [{"attribute": "employee_count", "low": 0.6, "high": 0.9, "stable": True},
                      {"attribute": "has_revops", "low": 0.1, "high": 0.4, "stable": False}],
        "average_chance": 0.2,
        "dependence": [
            {"attribute": "employee_count", "type": "number", "unit": "people",
             "levels": [_level("up to 40", 0.12, **{"from": 2, "to": 40, "middle": 20}),
                        _level("41 and more", -0.03, **{"from": 41, "to": 300, "middle": 90}),
                        _level("not known", 0.02, False)],
             "accounts": [[10, 0.5, 0.11], [90, -0.1, -0.03], [9999, 0.1, 0.02]]},
            {"attribute": "industry", "type": "category", "unit": None,
             "levels": [_level("retail", -0.02), _level(HOSTILE, 0.05), _level("not known", 0.06, False)]},
            {"attribute": "hq_floor", "type": "boolean", "unit": None, "levels": [_level("yes", 0.004)]},
        ],
        "interactions": [{"first": "employee_count", "second": "has_revops", "share": 0.1, "p_value": 0.001,
                          "cell": ["at most 40 employees", "has no revops"], "n": 266, "effect": 0.4,
                          "points": 0.072, "agreeing": 5, "refits": 5}],
        "no_interactions": "",
        "additivity": {"gap": 5.6e-07, "accounts": 823.0, "tolerance": 0.001, "computed_apart": 3.4e-07},
    }  # fmt: skip


def test_weights_are_shares_of_all_with_an_interval_and_say_whether_they_hold() -> None:
    rows = told_explained("churn", _model())["importance"]
    assert [(r["attribute"], r["words"], r["firm"]) for r in rows] == [
        ("employee count", "75 % (60 to 90)", "stable"),
        ("has revops", "25 % (10 to 40)", "changes from fit to fit"),
    ]
    # The widest bar is the highest end of an interval, 90 %.
    assert [round(r["share"], 3) for r in rows] == [0.833, 0.278]
    assert rows[0]["high"] == pytest.approx(1.0)


def test_levels_come_strongest_first_with_the_unknown_apart_and_small_attributes_only_named() -> None:
    told = told_explained("churn", _model())
    number, industry = told["effects"]
    assert [r["level"] for r in number["levels"]] == ["up to 40", "41 and more"]
    assert [(r["level"], r["moves"]) for r in industry["levels"]] == [(HOSTILE, "+5 points"), ("retail", "-2 points")]
    assert industry["unknown"]["moves"] == "+6 points"
    assert told["small"] == ["hq floor"]
    assert told["limit"] == pytest.approx(0.13)
    assert told["average"] == "20 %"


def test_pairs_are_told_as_sentences_in_the_direction_they_have() -> None:
    model = _model()
    assert told_explained("churn", model)["together"] == [
        "At most 40 employees, together with has no revops: they leave more often than the two say apart, by about "
        "7 points (266 customers; 5 of 5 fits agree)."
    ]
    model["interactions"][0]["points"] = -0.072
    assert (
        "they are won less often than the two say apart, by about 7 points"
        in told_explained("win", model)["together"][0]
    )
    model |= {"interactions": [], "no_interactions": "None."}
    assert told_explained("win", model)["together"] == ["None."]


def test_a_release_without_explanations_still_has_its_weights() -> None:
    told = told_explained("win", {"importance": [{"attribute": "a", "mean_abs_shap": 0.2}]})
    assert told["importance"] == [
        {"attribute": "a", "share": 1.0, "low": None, "high": None, "firm": "", "words": "100 %"}
    ]
    assert (told["effects"], told["together"], told["checked"], told["small"]) == ([], [], "", [])


def test_the_report_shows_all_of_it_and_escapes_it(documents) -> None:
    documents["metrics"]["models"]["churn"] |= _model()
    page = html_report(summarise(**documents))
    assert HOSTILE not in page
    assert "&lt;script&gt;alert(1)" in page
    assert "What each value adds to the chance to leave, or takes off it" in page
    assert "Less than a point on average at every value: hq floor." in page
    assert "Pairs that mean more together than apart" in page
    assert "checked on 823 accounts" in page
    assert page.count('class="effect"') == 1
    assert page.count('class="strip"') == 3
    assert "on the log-odds scale" not in page


def test_a_bin_stands_at_its_values_and_points() -> None:
    entry = told_explained("churn", _model())["effects"][0]
    svg = dependence_svg(entry["levels"], entry["accounts"], 0.13, "to leave", 'a "b"')
    lines = re.findall(r'class="mean" x1="([\d.]+)" y1="([\d.]+)" x2="([\d.]+)"', svg)
    (left, high, middle), (start, low, right) = [tuple(map(float, line)) for line in lines]
    assert left < middle < start < right
    # The axis ends at 15 points: 12 stand 12/15 of the way from the middle, 119, up to the top, 24.
    assert high == pytest.approx(119 - 95 * 12 / 15)
    assert low == pytest.approx(119 + 95 * 3 / 15)
    assert ">+15<" in svg
    assert "up to 40: +12 points, n = 1,200" in svg
    assert svg.count("h0") == 2, "an account off the axis is left out"
    assert 'aria-label="a &quot;b&quot;"' in svg


def test_a_skewed_number_is_spaced_by_its_logarithm_with_short_labels() -> None:
    edges = [(0, 1e5, 5e4), (1e5, 1e6, 4e5), (1e6, 4e9, 5e7)]
    levels = [_level(str(low), 0.05, **{"from": low, "to": high, "middle": mid}) for low, high, mid in edges]
    told = [level | {"moves": "", "count": ""} for level in levels]
    svg = dependence_svg(told, [], 0.06, "to leave", "t")
    assert ">10 million<" in svg
    assert "1,000,000" not in svg
    widths = [float(w) for w in re.findall(r'class="band" x="[\d.]+" y="[\d.]+" width="([\d.]+)"', svg)]
    assert min(widths) > 30, "on a plain scale the first two would be hairs"


def test_a_strip_has_zero_in_the_middle_and_its_ends_inside() -> None:
    svg = strip_svg({"points": 0.05, "low_points": -0.05, "high_points": 0.4}, 0.1)
    assert 'cx="147.0"' in svg
    assert 'x1="53.0"' in svg
    assert 'x2="194.0"' in svg
