from __future__ import annotations

import csv
import datetime as dt
import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from icp_ml.conditions import Condition, Rule
from icp_ml.errors import DataError
from icp_ml.release import batches
from icp_ml.release.explaining import explain_account
from icp_ml.release.folder import Release, write_release
from icp_ml.release.frames import SCORE_COLUMNS
from icp_ml.release.scored import score_accounts
from icp_ml.release.scoring import read_account, score_file
from tests.release.scored_files import HEADER, ROWS, scored, write_csv


def test_a_file_scores_as_its_accounts_do_in_memory(accounts, release, latest, predictors):
    inside = score_accounts(latest, release.rules, release.segment_rules, release.attributes, predictors)
    out = accounts.with_name("scored.parquet")
    summary = score_file(accounts, release, out, predictors=predictors)
    table = pq.read_table(out)
    assert tuple(table.column_names) == SCORE_COLUMNS
    assert table.to_pylist() == pq.read_table(release.folder / "accounts_scored.parquet").to_pylist()
    assert table.column("icp_score").to_pylist() == inside["icp_score"].tolist() == [0, 77, 77, 52, 52, 52]
    assert (summary.accounts, summary.tiers) == (6, {"green": 2, "yellow": 3, "red": 1})
    assert (summary.release_id, summary.reviewed) == ("2026-06-30-0a1b2c3d", False)


def test_without_models_the_chances_are_empty_and_all_else_is_the_same(accounts, release, predictors):
    with_models = scored(accounts, release, predictors)
    without = scored(accounts, release, predictors, models=False)
    assert without["p_win"].isna().all()
    assert without["p_churn"].isna().all()
    pd.testing.assert_frame_equal(
        without.drop(columns=["p_win", "p_churn"]), with_models.drop(columns=["p_win", "p_churn"])
    )


def test_a_model_the_release_lacks_leaves_its_column_empty(accounts, release):
    frame = scored(accounts, release, {"churn": BaseRate(0.25)})
    assert frame["p_win"].isna().all()
    assert frame["p_churn"].tolist() == [0.25] * 6


class BaseRate:
    def __init__(self, rate: float) -> None:
        self.rate = rate

    def predict(self, frame: pd.DataFrame) -> np.ndarray:
        return np.full(len(frame), self.rate)


@pytest.mark.parametrize(("base", "tier"), [(49, "red"), (50, "yellow"), (69, "yellow"), (70, "green"), (120, "green")])
def test_tier_edges_count_in_sql_as_in_the_contract(accounts, parts, tmp_path, base, tier):
    parts.criteria["scorecard"]["base"] = base
    release = Release.load(write_release(tmp_path / "edges", parts))
    fifth = scored(accounts, release).loc[4]
    assert (fifth["icp_score"], fifth["icp_tier"]) == (min(base, 100), tier)


def test_csv_output_holds_the_same_cells(accounts, release, predictors):
    out = accounts.with_name("scored.csv")
    score_file(accounts, release, out, predictors=predictors)
    with out.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert tuple(rows[0]) == SCORE_COLUMNS
    assert rows[1]["matched_criteria"] == "C1;C2"
    assert json.loads(rows[1]["reasons"])[0] == {"text": "50 to 500 with RevOps", "points": 25}
    assert [r["p_win"] for r in rows] == ["0.2", "0.333333", "0.333333", "0.333333", "0.2", "0.2"]


def test_standard_column_names_are_accepted_too(tmp_path, release, accounts):
    standard = write_csv(tmp_path / "standard.csv", ROWS, ["account_id", "employee_count", *HEADER[2:]])
    pd.testing.assert_frame_equal(scored(standard, release), scored(accounts, release))


def test_a_typed_parquet_file_scores_as_the_csv_of_the_same_values(tmp_path, release, latest, accounts):
    table = pa.table(
        {
            "extra": [1] * 6,
            "account_id": list(latest.index),
            "employee_count": pa.array(latest["employee_count"].to_numpy(), from_pandas=False),
            "industry": latest["industry"].to_numpy(dtype=object, na_value=None),
            "has_revops": pa.array([True, True, True, None, False, True]),
            "tech_stack": [list(tags) for tags in latest["tech_stack"]],
            "lead_source": ["ad"] * 6,
        }
    )
    pq.write_table(table, tmp_path / "accounts.parquet")
    pd.testing.assert_frame_equal(scored(tmp_path / "accounts.parquet", release), scored(accounts, release))


def test_a_category_of_yes_and_no_is_read_from_booleans_in_the_releases_words(tmp_path, release):
    release.criteria["attributes"]["industry"]["booleans"] = {"true": "retail", "false": "No"}
    table = pa.table({"account_id": ["a", "b", "c"], "employee_count": [60.0] * 3, "has_revops": [False] * 3})
    table = table.append_column("industry", pa.array([True, False, None]))
    pq.write_table(table, tmp_path / "accounts.parquet")
    score_file(tmp_path / "accounts.parquet", release, tmp_path / "out.parquet", models=False)
    # C2 is "not retail", which nothing known satisfies of a missing value
    assert pq.read_table(tmp_path / "out.parquet").column("matched_criteria").to_pylist() == ["", "C2", ""]


def test_a_folder_of_parquet_files_is_read_in_the_order_of_their_names(tmp_path, release):
    folder = tmp_path / "parts"
    folder.mkdir()
    for name, rows in (("b", ROWS[:2]), ("a", ROWS[2:])):
        cells = [[row[i] for row in rows] for i in range(len(HEADER))]
        pq.write_table(pa.table(cells, names=HEADER), folder / f"{name}.parquet")
    assert scored(folder, release)["account_id"].tolist() == ["a3", "a4", "a5", "a6", "a1", "a2"]


def test_rows_stay_in_input_order_and_every_row_is_one_account(tmp_path, release):
    rows = [[f"id{i}", str(i % 600), "saas", "yes", "", ""] for i in range(5000, 0, -1)]
    frame = scored(write_csv(tmp_path / "many.csv", rows), release)
    assert frame["account_id"].tolist() == [row[0] for row in rows]


def test_dated_rows_count_with_the_latest_at_the_place_of_the_first(tmp_path, release):
    header = ["account_id", "employee_count", "industry", "has_revops", "observed_at"]
    rows = [
        ["b", "30", "saas", "yes", "2026-01-01"],
        ["a", "100", "saas", "yes", "2025-05-05"],
        ["b", "100", "saas", "yes", "2026-02-01"],
        ["b", "30", "saas", "yes", "2025-12-31"],
        ["a", "30", "saas", "yes", ""],
    ]
    frame = scored(write_csv(tmp_path / "dated.csv", rows, header), release)
    assert frame["account_id"].tolist() == ["b", "a"]
    assert frame["icp_score"].tolist() == [77, 77]


def test_a_missing_column_of_an_active_rule_is_named_with_the_nearest(tmp_path, release):
    header = ["Account ID", "HeadCount", "industry", "has_revop"]
    path = write_csv(tmp_path / "short.csv", [row[:4] for row in ROWS], header)
    with pytest.raises(DataError) as err:
        score_file(path, release, tmp_path / "out.parquet", predictors={})
    assert str(err.value) == (
        "short.csv: every column that an active rule uses must be there; missing: 'employee_count' (or 'Headcount') "
        "(did you mean 'HeadCount'?), 'has_revops' (did you mean 'has_revop'?). Add it, or score with --allow-missing, "
        "which takes it as missing for every account"
    )
    assert not (tmp_path / "out.parquet").exists()


def test_allow_missing_takes_it_as_missing_for_every_account_and_says_so(tmp_path, release):
    path = write_csv(
        tmp_path / "short.csv", [[r[0], r[2], r[3]] for r in ROWS], ["Account ID", "industry", "has_revops"]
    )
    out = tmp_path / "out.parquet"
    summary = score_file(path, release, out, predictors={}, allow_missing=True)
    assert summary.missing_in_rules == ("employee_count",)
    assert summary.missing_elsewhere == ("tech_stack", "lead_source")
    assert pq.read_table(out).column("matched_criteria").to_pylist() == ["", "C2", "", "C2", "C2", ""]


def test_a_column_of_a_rejected_rule_is_not_needed(tmp_path, release):
    path = write_csv(tmp_path / "few.csv", [row[:4] for row in ROWS], HEADER[:4])
    assert scored(path, release)["icp_score"].tolist() == [0, 77, 77, 52, 52, 52]


def test_without_an_account_id_the_message_says_what_was_found(tmp_path, release):
    path = write_csv(tmp_path / "no_id.csv", [row[1:] for row in ROWS], HEADER[1:])
    with pytest.raises(DataError, match=r"no_id\.csv: a column must identify the account; missing: 'account_id' \(or"):
        score_file(path, release, tmp_path / "out.parquet", predictors={})


def test_a_row_without_an_id_stops_and_leaves_nothing(tmp_path, release):
    path = write_csv(tmp_path / "holes.csv", [*ROWS, ["", *ROWS[0][1:]]])
    with pytest.raises(DataError, match=r"1 have none \(row 8\)"):
        score_file(path, release, tmp_path / "out.parquet", predictors={})
    assert sorted(p.name for p in tmp_path.iterdir()) == ["holes.csv", "release"]


def test_a_failure_midway_leaves_the_old_output_whole(accounts, release, monkeypatch):
    out = accounts.with_name("scored.parquet")
    out.write_bytes(b"old")

    class Failing(BaseRate):
        def predict(self, frame: pd.DataFrame) -> np.ndarray:
            raise RuntimeError("killed")

    with pytest.raises(RuntimeError, match="killed"):
        score_file(accounts, release, out, predictors={"win": Failing(0.1)})
    assert out.read_bytes() == b"old"
    assert sorted(p.name for p in out.parent.iterdir()) == ["accounts.csv", "release", "scored.parquet"]


def test_the_accounts_themselves_are_never_overwritten(accounts, release):
    with pytest.raises(DataError, match="is the file the accounts are read from"):
        score_file(accounts, release, accounts, predictors={})


def test_another_ending_is_refused(accounts, release):
    with pytest.raises(DataError, match=r"written as \.parquet or \.csv"):
        score_file(accounts, release, accounts.with_suffix(".json"), predictors={})


HOSTILE = {
    "employee_count": [
        "",
        "39.999999",
        "40",
        "49.999999",
        "50",
        "500",
        "500.0000001",
        "nan",
        "inf",
        "-1",
        "1e2",
        "NA",
        "abc",
    ],
    "industry": [
        "",
        "retail",
        "Retail",
        " retail",
        'O\'Neil "x"',
        "ähnlich",
        "NULL",
        "a;b",
        "新しい",
        "'; DROP TABLE x",
    ],
    "has_revops": ["", "true", "FALSE", "Yes", "no", "1", "0", "t", "F", "maybe"],
    "tech_stack": ["", "zendesk", "zendesk|jira", " zendesk |", "|", "Zendesk", "jira|zen'desk", "zendesk;jira"],
}


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_sql_and_pandas_agree_on_hostile_values(tmp_path, document, parts, predictors, seed, monkeypatch):
    extra = [
        Rule((Condition("industry", "in", ('O\'Neil "x"', "ähnlich", "'; DROP TABLE x", "NULL")),)),
        Rule(
            (Condition("tech_stack", "has_none", ("zendesk", "zen'desk")), Condition("employee_count", "above", 40.0))
        ),
        Rule((Condition("tech_stack", "has_any", ("zen'desk", "jira")),)),
        Rule((Condition("has_revops", "is", False, or_unknown=True),)),
        Rule((Condition("employee_count", "at_most", 49.999999, or_unknown=True),)),
    ]
    for number, rule in enumerate(extra, 3):
        entry = {**document["criteria"][2], "id": f"C{number}", "text": f'it\'s "{number}"', "when": rule.jsonlogic()}
        document["criteria"].append(entry)
        item = {"criterion": f"C{number}", "attribute": rule.attributes[0], "when": rule.jsonlogic(), "points": number}
        document["scorecard"]["items"].append({**item, "text": entry["text"]})
    document["criteria"][1]["status"] = "accepted"
    release = Release.load(write_release(tmp_path / "hostile", replace(parts, criteria=document)))
    rng = np.random.default_rng(seed)
    drawn = {name: rng.choice(np.array(values, dtype=object), 400) for name, values in HOSTILE.items()}
    rows = [[f"a{i}", *(drawn[name][i] for name in HOSTILE), "ad"] for i in range(400)]
    path = write_csv(tmp_path / "accounts.csv", rows)
    monkeypatch.setattr(batches, "BATCH_ROWS", 128)
    by_sql = scored(path, release, predictors)
    frames = [read_account(f"a{i}", release, path) for i in range(0, 400, 40)]
    by_pandas = score_accounts(pd.concat(frames), release.rules, release.segment_rules, release.attributes, predictors)
    pd.testing.assert_frame_equal(by_sql.iloc[::40].reset_index(drop=True), by_pandas, check_dtype=False)
    whole = by_hand(drawn, release)
    assert by_sql["matched_criteria"].tolist() == whole["matched_criteria"].tolist()
    assert by_sql["icp_score"].tolist() == whole["icp_score"].tolist()
    assert by_sql["icp_tier"].tolist() == whole["icp_tier"].tolist()
    assert by_sql["reasons"].tolist() == whole["reasons"].tolist()


def by_hand(drawn: dict[str, np.ndarray], release) -> pd.DataFrame:
    """Parse the cells in plain Python and score with pandas."""
    numbers = {"1e2": 100.0}
    missing = {"", "nan", "inf", "NA", "abc"}
    words = {"true": True, "yes": True, "1": True, "t": True, "false": False, "no": False, "0": False, "f": False}
    frame = pd.DataFrame(
        {
            "employee_count": [np.nan if v in missing else numbers.get(v) or float(v) for v in drawn["employee_count"]],
            "industry": pd.Series([v or None for v in drawn["industry"]], dtype="str"),
            "has_revops": pd.Series([words.get(v.lower()) for v in drawn["has_revops"]], dtype="boolean"),
            "tech_stack": [tuple(t.strip() for t in v.split("|") if t.strip()) for v in drawn["tech_stack"]],
        }
    )
    return release.rules.score_frame(frame)


def test_an_account_of_a_file_is_explained_with_that_file_s_values(accounts, release, predictors):
    told = explain_account("a2", release, accounts, predictors)
    assert (told.score, told.tier, told.p_win) == (77, "green", 0.333333)


def test_an_account_that_is_not_in_the_file_is_named_with_the_nearest(accounts, release):
    with pytest.raises(DataError, match=r"accounts\.csv has no account 'A2' \(did you mean 'a2'\?\)"):
        read_account("A2", release, accounts)


def test_numbers_of_a_date_typed_file_are_no_trouble(tmp_path, release):
    table = pa.table({"account_id": [1, 2], "employee_count": [100, 30], "industry": ["x", "y"], "has_revops": [1, 0]})
    pq.write_table(table.append_column("observed_at", [[dt.date(2026, 1, 1)] * 2]), tmp_path / "typed.parquet")
    frame = scored(tmp_path / "typed.parquet", release)
    assert frame[["account_id", "icp_score"]].to_numpy().tolist() == [["1", 77], ["2", 0]]
