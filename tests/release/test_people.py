from __future__ import annotations

import csv
import io

import pandas as pd
import pytest

from icp_ml.release.people import csv_text, safe_cell


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@x", "\t=1", "\r=1", "\n=1", " =1", "＝1"])
def test_a_text_that_a_spreadsheet_would_run_gets_an_apostrophe(text):
    assert safe_cell(text) == "'" + text


@pytest.mark.parametrize("text", ["Acme", "a=b", "", "'x", "1-2", "50 to 500 employees (+18)"])
def test_any_other_text_stays_as_it_is(text):
    assert safe_cell(text) == text


def test_numbers_stay_numbers_and_missing_cells_stay_empty():
    frame = pd.DataFrame({"arr": [-5.5, float("nan"), 1000.0], "name": ["-5.5", None, 'a "b", c']})
    assert csv_text(frame) == 'arr,name\n-5.5,\'-5.5\n,\n1000,"a ""b"", c"\n'


def test_accounts_csv_says_to_people_what_they_ask_for(parts):
    rows = list(csv.DictReader(io.StringIO(csv_text(parts.accounts))))
    assert rows[1] == {
        "account_id": "a2",
        "name": "'=cmd()",
        "status": "customer",
        "icp_tier": "green",
        "icp_score": "77",
        "reasons": "50 to 500 with RevOps (+25); Not retail",
        "open_pipeline": "0",
        "arr": "2500.5",
        "currency": "EUR",
        "segment": "With RevOps",
        "matched_criteria": "C1;C2",
        "p_win": "0.333333",
        "p_churn": "0.123457",
    }
    assert [r["status"] for r in rows] == ["customer", "customer", "lost", "open", "never worked", "never worked"]
    assert rows[3]["open_pipeline"] == "700"
