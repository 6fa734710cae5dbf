from __future__ import annotations

import re
from pathlib import Path

import pytest

from icp_ml.report.html import html_report
from icp_ml.report.memo import memo
from icp_ml.report.metrics import _ranking_figures
from icp_ml.report.ranked_words import VERDICTS, told_ranking
from icp_ml.report.summary import summarise

Documents = dict[str, dict]


def figure(estimate, low, high, **more):
    return {"estimate": estimate, "low": low, "high": high, "level": 0.9, "n": 90, **more}


def ranked(key, rank, ranks, value, by_win_rate, apart):
    return {"id": key, "rank": rank, "best_rank": ranks[0], "worst_rank": ranks[1], "apart_from_next": apart,
            "verdict": "avoid", "value": value, "win_rate": {}, "rank_by_win_rate": by_win_rate}  # fmt: skip


@pytest.fixture
def told(documents: Documents) -> Documents:
    """Two segments: S1 is easy to win and loses money, S2 earns; the rest earns about as much as S2."""
    segments = documents["segments"]
    segments["currency"] = "EUR"
    segments["looked_at"] = {"elsewhere": {"churn": figure(0.1, 0.05, 0.15, months=12)}}
    one, two = segments["segments"]
    one["figures"] |= {"win_rate": figure(0.67, 0.6, 0.7), "churn": figure(0.69, 0.6, 0.77, months=12),
                       "arr": figure(3_200, 3_000, 3_400)}  # fmt: skip
    one["pipeline"] = {"open": 0.0, "share": 0.0, "accounts": 0}
    two["pipeline"] = {"open": 1_200_000.0, "share": 0.18, "accounts": 7}
    by_win_rate = [{"id": "S1", "rank": 1, "best_rank": 1, "worst_rank": 1, "apart_from_next": True},
                   {"id": "S2", "rank": 2, "best_rank": 2, "worst_rank": 2, "apart_from_next": None}]  # fmt: skip
    segments["ranking"] = {
        "measure": "opportunity_value", "instead_because": None, "level": 0.9,
        "segments": [ranked("S2", 1, (1, 1), figure(5_034, 4_249, 5_820), 2, True),
                     ranked("S1", 2, (2, 2), figure(-2_362, -2_533, -2_191), 1, None)],
        "unranked": [], "by_win_rate": by_win_rate,
        "differs": [{"id": "S1", "rank": 2, "rank_by_win_rate": 1, "sure": True, "since": ["churn", "arr"]}],
        "high_pull": ["S2"],
        "no_segment": {"accounts": 1840, "of": 3000, "share": 0.6133, "value": figure(5_000, 4_800, 5_200),
                       "win_rate": figure(0.4, 0.35, 0.45), "pipeline": {"open": 5.0, "share": 0.82, "accounts": 9},
                       "beside_first": "same"},
        "not_counted": ["acquisition cost"],
    }  # fmt: skip
    return documents


def test_the_first_by_win_rate_that_earns_nothing_is_named_with_the_reason(told: Documents) -> None:
    ranking = summarise(**told)["ranking"]
    assert ranking["differs"] == [
        "By win rate alone S1 comes first (67 % won). It earns EUR -2,362 per opportunity worked and comes 2nd of 2, "
        "since 69 % leave within 12 months and customers pay only EUR 3,200 a year at the start.",
        "The rest (no segment) earns EUR 5,000 per opportunity worked, not clearly less than S2.",
    ]
    assert ranking["notes"] == [
        "What pursuing an opportunity costs is not in the config (economics.acquisition_cost), so it counts as none."
    ]


def test_rows_hold_rank_verdict_and_figures_and_the_last_one_is_nobody_s(told: Documents) -> None:
    first, second, nobody = summarise(**told)["ranking"]["rows"]
    assert (first["id"], first["rank"], first["verdict"]) == ("S2", "1", "high pull")
    assert first["cells"]["value"] == {"value": "EUR 5,034", "between": "EUR 4,249 to 5,820"}
    assert first["cells"]["pipeline"] == {"value": "18 %", "between": "EUR 1.20 million"}
    assert second["cells"]["by_win_rate"] == {"value": "1"}
    assert (nobody["name"], nobody["rank"]) == ("No segment: 1,840 accounts, 61 %", "")


def test_ranks_that_may_be_either_are_shared_and_what_may_be_chance_is_not_told_of_the_others(told: Documents) -> None:
    ranking = told["segments"]["ranking"]
    for at, entry in enumerate(ranking["segments"]):
        entry |= {"best_rank": 1, "worst_rank": 2, "apart_from_next": False if at == 0 else None}
    ranking["differs"] = [
        {"id": "S1", "rank": 3, "rank_by_win_rate": 2, "sure": False, "since": []},
        {"id": "S2", "rank": 1, "rank_by_win_rate": 2, "sure": False, "since": []},
    ]
    said = summarise(**told)["ranking"]
    assert [row["rank"] for row in said["rows"]] == ["1 to 2", "1 to 2", ""]
    assert [text[:2] for text in said["differs"]] == ["S2", "Th"]
    assert said["differs"][0].endswith("The ranges overlap: this may be chance.")
    assert said["notes"][-1] == "A rank of “1 to 2” means that the data cannot tell which of these places it is."
    assert ", though not surely, then S1." in said["brief"][0]


def test_where_no_value_is_measured_the_table_says_by_what_it_ranks(told: Documents) -> None:
    ranking = told["segments"]["ranking"]
    ranking |= {"measure": "kept", "instead_because": "needs win rate, which could not be measured here",
                "differs": [], "not_counted": []}  # fmt: skip
    ranking["segments"][0]["value"] = figure(0.93, 0.9, 0.95)
    said = summarise(**told)["ranking"]
    assert said["title"] == "Where most customers stay"
    assert said["notes"][0] == (
        "What an opportunity earns was not measured (it needs win rate), so segments are ranked by the share of "
        "customers who stay."
    )
    assert said["rows"][0]["cells"]["value"]["value"] == "93 %"


def test_report_memo_and_size_tell_the_ranking(told: Documents) -> None:
    summary = summarise(**told)
    page = html_report(summary)
    assert page.index("Where an opportunity earns most") < page.index("Segments by outcome")
    assert "How the verdicts follow" in page
    assert "Of the segments, S2 earns EUR 5,034 per opportunity worked" in memo(summary).split("## 2.")[0]
    sizes = {s["id"]: s["size"] for s in summary["segments"]}
    assert sizes["S2"].endswith(" 18 % of the open pipeline, EUR 1.20 million.")
    assert sizes["S1"].endswith(" Nothing of the open pipeline.")


def test_a_release_of_before_has_no_ranking(documents: Documents) -> None:
    assert told_ranking(documents["segments"], 12) is None
    assert told_ranking({"segments": [], "ranking": {"absent": "no segments"}}, 12) is None
    assert "How the verdicts follow" not in html_report(summarise(**documents))
    assert _ranking_figures(documents["segments"]) == {}


def test_tracked_figures_hold_the_best_value_and_how_many_are_in_no_segment(told: Documents) -> None:
    assert _ranking_figures(told["segments"]) == {
        "segments_best_opportunity_value": {"value": 5034.0, "low": 4249, "high": 5820, "n": 90},
        "segments_no_segment_share": {"value": 0.6133, "n": 3000},
    }


def test_docs_and_report_give_the_same_rules_for_verdicts() -> None:
    rows = re.findall(r"^\| (high pull|promising|average|avoid) \| (.+) \|$", _docs("concepts.md"), re.MULTILINE)
    told = [(name, rule[:1].lower() + rule[1:].rstrip(".")) for name, rule in VERDICTS]
    assert [(n, r.lower()) for n, r in rows] == [(n, r.lower()) for n, r in told]


def _docs(name: str) -> str:
    return (Path(__file__).parents[2] / "docs" / name).read_text()


def test_the_only_one_that_could_be_ranked_has_no_rank(told: Documents) -> None:
    assert [row["rank"] for row in told_ranking(told["segments"], 12)["rows"]] == ["1", "2", ""]
    ranking = told["segments"]["ranking"]
    alone = {**ranking, "segments": ranking["segments"][:1], "by_win_rate": [], "differs": []}
    alone |= {"unranked": [{"id": "S1", "because": "no customer was followed"}]}
    rows = told_ranking({**told["segments"], "ranking": alone}, 12)["rows"]
    assert [row["rank"] for row in rows] == ["", "", ""]
