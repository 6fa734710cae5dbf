from __future__ import annotations

import pytest

from icp_ml.drafting.attributes import guess_column, level_order, unit_of


@pytest.mark.parametrize(
    ("name", "cells", "expected"),
    [
        ("employees", ("10", "250", "3,000", "75"), "number"),
        ("industry", ("retail", "media", "retail", "media"), "category"),
        ("funded", ("true", "false", "TRUE", "false"), "boolean"),
        ("funded", ("t", "f", "t", ""), "boolean"),
        ("tools", ("sap;slack", "slack", "", "sap;jira"), "tags"),
        ("tools", ("sap|slack", "slack", "", "sap|jira"), "tags"),
        ("tools", ("a, b", "b, c", "a, c", "a, b, c", "b", "a"), "tags"),
        ("region_code", ("1", "2", "3", "1"), "category"),
        ("sic", ("0110", "0161", "0110", "2011"), "category"),
        ("floors", ("1", "2", "3", "1"), "number"),
    ],
)
def test_a_column_s_cells_tell_its_type(crm, name, cells, expected):
    guess = guess_column(crm.column(*cells, name=name))
    assert (guess.role, guess.type) == ("attribute", expected)


@pytest.mark.parametrize("cells", [("Yes", "No", "Yes", "No"), ("1", "0", "1", "0")])
def test_yes_and_no_are_levels_unless_the_name_asks_a_question(crm, cells):
    assert guess_column(crm.column(*cells, name="Partner")).type == "category"
    assert guess_column(crm.column(*cells, name="has_partner")).type == "boolean"
    assert guess_column(crm.column(*cells, name="IsPartner")).type == "boolean"


def test_names_with_commas_are_levels_not_tags(crm):
    cells = ("Banking, Retail", "Software", "Banking, Retail", "Health", "Software", "Health")
    guess = guess_column(crm.column(*cells))
    assert (guess.type, guess.separator) == ("category", None)


@pytest.mark.parametrize(
    ("name", "cells", "reason"),
    [
        ("x", ("", "", ""), "no row has a value"),
        ("x", ("a", "", "a"), "every filled row holds 'a'"),
        ("founded", ("2019-01-01", "2020-05-05", "2019-01-01"), "a date"),
        ("founded", ("01.02.2019", "05.05.2020", "01.02.2019"), "a date"),
        ("site", ("www.a.de", "www.b.de", "www.c.de"), "tells one account from another"),
        ("contact", ("a@x.com", "b@x.com", "a@x.com"), "tells one account from another"),
        ("parent_account_id", ("P1", "P2", "P3"), "tells one account from another"),
        ("why", ("they liked what we showed them very much",) * 2 + ("came by a friend who knew us all",), "free text"),
    ],
)
def test_what_no_rule_could_rest_on_is_left_out_with_the_reason(crm, name, cells, reason):
    guess = guess_column(crm.column(*cells, name=name))
    assert guess.role == "left_out"
    assert guess.reason.startswith(reason)


def test_texts_that_hardly_ever_recur_are_left_out_and_numbers_are_not(crm):
    texts = guess_column(crm.column(*(f"name {i}" for i in range(25))))
    assert (texts.role, texts.reason) == (
        "left_out",
        "tells one account from another (25 different values in 25 rows)",
    )
    assert guess_column(crm.column(*(str(7 * i) for i in range(25)))).type == "number"


def test_row_numbers_are_left_out(crm):
    assert guess_column(crm.column(*(str(i) for i in range(25)))).role == "left_out"


def test_status_words_set_a_column_apart(crm):
    guess = guess_column(crm.column("Prospect", "Customer - Direct", "Prospect", name="Type"))
    assert guess.role == "after_sale"
    assert guess.type == "category"
    assert guess.reason == "its values tell customers from others: 'Prospect', 'Customer - Direct'"


def test_decimal_commas_are_told_from_points(crm):
    assert guess_column(crm.column("12,5", "1.250", "80")).decimal == ","
    assert guess_column(crm.column("12.5", "1.250", "80")).decimal is None
    # 1.250 beside whole numbers is a thousand.
    assert guess_column(crm.column("1.250", "640", "80")).decimal == ","


def test_ranges_of_numbers_are_ordered_from_low_to_high(crm):
    assert level_order(crm.column("51-200", "200+", "1-10", "11-50")) == ("1-10", "11-50", "51-200", "200+")
    assert level_order(crm.column("1-10", "11-50", "self-employed")) is None
    assert level_order(crm.column("1", "2", "3")) is None


@pytest.mark.parametrize(
    ("name", "unit"),
    [("number of employees", "people"), ("employee growth pct", "%"), ("arr eur", "EUR"), ("annual revenue", "USD")],
)
def test_a_name_tells_the_unit(name, unit):
    assert unit_of(name, "USD") == unit


def test_the_lead_source_adjusts_and_a_source_may_be_a_criterion(crm):
    assert guess_column(crm.column("web", "fair", "web", name="LeadSource")).use == "adjust"
    assert guess_column(crm.column("web", "fair", "web", name="Source")).use is None
