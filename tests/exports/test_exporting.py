from __future__ import annotations

import pytest

from icp_ml.errors import ConfigError
from icp_ml.exports.exporting import ALONE, FORMATS, export_release

FORMS = [form.replace("DIALECT", "duckdb") for form in FORMATS]
# A workbook holds the time it was made, and its first sheet is looked at in test_people.
TEXTS = [form for form in FORMS if form != "xlsx"]


@pytest.mark.parametrize("form", FORMS)
def test_every_form_carries_the_active_rules_and_says_what_it_cannot_say(release, form):
    made = export_release(release, form)
    assert (made.rules, made.of, made.reviewed) == (3, 4, False)
    assert made.limits
    assert all(made.files.values())


@pytest.mark.parametrize("form", TEXTS)
def test_every_form_says_in_its_first_lines_whether_it_was_reviewed(release, form):
    made = export_release(release, form)
    first = made.files.get(ALONE, made.files.get("README.md", made.files.get("models/icp_scores.sql")))
    assert "reviewed" in "\n".join(first.decode().splitlines()[:3]).lower()


@pytest.mark.parametrize("form", TEXTS)
def test_the_same_release_gives_the_same_bytes(release, form):
    assert export_release(release, form).files == export_release(release, form).files


@pytest.mark.parametrize(
    ("form", "choices", "message"),
    [
        ("jsonlogi", {}, r"no such form \(did you mean 'jsonlogic'\?\)"),
        ("json:duckdb", {}, "no such form"),
        ("sql:oracle", {}, "no such dialect"),
        ("json", {"names": "source"}, "typed objects under standard names"),
        ("csv", {"segment": True}, "no such choice"),
        ("sql:", {}, "--to sql:: no such form"),
        ("sql", {"table": ""}, "--table '' names no table; write table or schema.table"),
        ("dbt", {"table": "crm."}, "--table 'crm.' names no table"),
    ],
)
def test_what_cannot_be_is_refused_in_one_message(release, form, choices, message):
    with pytest.raises(ConfigError, match=message):
        export_release(release, form, **choices)
