from __future__ import annotations

from pathlib import Path

import pytest

from icp_ml.drafting.draft import draft_config
from icp_ml.errors import ConfigError, DataError

DEALS = "opportunity_id,account_id,created_at,closed_at,outcome"


def test_standard_names_need_no_mapping_and_the_folder_is_relative_to_the_config(small):
    config = small.config()
    assert (config.name, config.source.folder, config.tables) == ("acme", "../crm", {})
    assert {name: a.type for name, a in config.attributes.items()} == {"industry": "category"}
    assert small.cohort().accounts["status"].tolist() == ["customer", "customer", *["never worked"] * 3]


def test_the_name_comes_from_the_folder_where_the_file_s_says_nothing(small):
    assert "\nname: crm\n" in draft_config(small.folder, out=small.folder / "icp.yaml")
    assert "\nname: crm\n" in draft_config(small.folder)
    assert "\nname: other\n" in draft_config(small.folder, name="other")


def test_the_same_folder_gives_the_same_bytes(small):
    assert small.draft() == small.draft()


def test_a_company_s_own_names_dates_and_words_are_mapped(crm):
    crm.write(
        "kunden.csv",
        "Kundennummer;Firma;Branche;Mitarbeiter",
        *(f"10{i};Firma {i};{'Bau' if i % 2 else 'Handel'};{100 + 7 * i}" for i in range(6)),
        encoding="cp1252",
    )
    crm.write(
        "deals.csv",
        "Deal Nr;Kundennummer;Angelegt am;Abschlussdatum;Status;Betrag",
        "D1;100;10.01.2025;15.03.2025;Gewonnen;12.000,00 €",
        "D2;101;11.01.2025;31.03.2025;Verloren;8.000,00 €",
        "D3;102;12.01.2025;31.12.2025;In Verhandlung;9.500,00 €",
        encoding="cp1252",
    )
    config, cohort = crm.config(), crm.cohort()
    deals = config.tables["opportunities"]
    assert config.tables["accounts"].columns == {"account_id": "Kundennummer", "name": "Firma"}
    assert deals.columns["created_at"] == "Angelegt am"
    assert deals.date_format == "%d.%m.%Y"
    assert deals.values["outcome"] == {"won": ["Gewonnen"], "lost": ["Verloren"], "open": "*"}
    assert cohort.accounts["status"].tolist() == ["customer", "lost", "open", *["never worked"] * 3]
    assert cohort.accounts["decided_at"].astype(str).tolist()[:2] == ["2025-01-10", "2025-01-11"]
    assert cohort.accounts["amount"].tolist()[:2] == [12000, 8000]


def test_days_and_months_are_told_apart_by_which_way_deals_close_after_they_open(crm):
    crm.write("accounts.csv", "account_id,x", "A1,a", "A2,b")
    # Day first, the second would close in January and have opened in March.
    crm.write("deals.csv", DEALS, "D1,A1,01/02/2024,01/03/2024,won", "D2,A2,03/01/2024,01/02/2024,lost")
    assert crm.config().tables["opportunities"].date_format == "%d/%m/%Y"


def test_tables_are_told_by_their_columns_where_files_have_no_telling_name(crm):
    crm.write("export1.csv", "Company Name,Sector", "Ash,b2b", "Elm,b2c", "Oak,b2b")
    crm.write(
        "export2.csv",
        "Deal Name,Customer Name,Opened,Closed,Result,Value",
        "d1,Ash,2024-01-01,2024-03-01,Won,10",
        "d2,Elm,2024-01-02,2024-03-02,Lost,20",
    )
    config = crm.config()
    assert config.tables["accounts"].file == "export1.csv"
    assert config.tables["opportunities"].file == "export2.csv"
    assert crm.cohort().accounts["outcome"].fillna("").tolist() == ["won", "lost", ""]


def test_an_account_id_of_any_name_is_found_where_the_ids_meet(crm):
    crm.write("accounts.csv", "account_id,reference,x", "1,R1,a", "2,R2,b", "3,R3,a")
    crm.write("deals.csv", "opportunity_id,account_id,ref,created_at,closed_at,outcome",
              "D1,77,R1,2024-01-01,2024-02-01,won", "D2,78,R3,2024-01-01,2024-02-01,lost")  # fmt: skip
    config = crm.config()
    assert config.tables["accounts"].columns == {"account_id": "reference"}
    assert config.tables["opportunities"].columns == {"account_id": "ref"}
    assert crm.cohort().accounts.loc["R3", "outcome"] == "lost"


def test_one_file_may_hold_accounts_and_their_contracts(crm):
    crm.write("customers.csv", "customer_id,plan,start_date,end_date,arr",
              "C1,pro,2024-01-01,2025-01-01,100", "C2,basic,2025-06-01,,50")  # fmt: skip
    config = crm.config()
    assert config.tables["accounts"].file == config.tables["subscriptions"].file == "customers.csv"
    assert list(config.attributes) == ["plan"]
    assert crm.cohort().accounts["churned"].tolist() == [True, False]


def test_files_of_the_same_columns_follow_one_another_and_copies_do_not(crm):
    crm.write("accounts.csv", "account_id,x", "A1,a", "A2,b")
    crm.write("deals_2023.csv", DEALS, "D1,A1,2023-01-01,2023-02-01,won")
    crm.write("deals_2024.csv", DEALS, "D2,A2,2024-01-01,2024-02-01,lost")
    crm.write("deals_copy.csv", DEALS, "D2,A2,2024-01-01,2024-02-01,lost")
    assert crm.config().tables["opportunities"].file == ["deals_2023.csv", "deals_2024.csv"]
    assert "Not read, since they look like none of the tables: deals_copy.csv." in crm.draft()


def test_names_that_yaml_or_json_logic_would_misread_are_spelled_safely(small):
    names = ("a.b", "true", "x: y", "#tag", "-dash", 'in "quotes"', "{brace}", "größe 😀", "42")
    header = ",".join(f'"{name.replace(chr(34), chr(34) * 2)}"' for name in names)
    small.write("accounts.csv", f"account_id,{header}", *(f"A{i}," + ",".join("ab"[i % 2] * 9) for i in range(1, 6)))
    config = small.config()
    assert set(config.attributes) == {"a_b", *names[1:]}
    assert config.attributes["a_b"].column == "a.b"
    assert small.cohort().attributes["a_b"].tolist() == ["b", "a", "b", "a", "b"]


def test_what_only_customers_have_is_set_apart_with_the_counts(crm):
    crm.write("accounts.csv", "account_id,industry,badge",
              *(f"A{i},{'ab'[i % 2]},{'xy'[i % 2] if i < 4 else ''}" for i in range(10)))  # fmt: skip
    crm.write("deals.csv", DEALS, *(f"D{i},A{i},2024-01-01,2024-02-01,{'won' if i < 4 else 'lost'}" for i in range(10)))
    assert list(crm.config().attributes) == ["industry"]
    assert "filled in for 4 of 4 customers and 0 of 6 other accounts" in crm.draft()


def test_contracts_are_derived_only_where_a_deal_is_a_renewal(crm):
    crm.write("accounts.csv", "account_id,x", "A1,a", "A2,b")
    deals = f"{DEALS},kind"
    crm.write("deals.csv", deals, "D1,A1,2024-01-01,2024-02-01,won,new", "D2,A2,2024-01-01,2024-02-01,lost,new")
    assert "subscriptions" not in crm.config().tables
    assert crm.config("salesforce").tables["subscriptions"].from_ is None
    crm.write("deals.csv", deals, "D1,A1,2024-01-01,2024-02-01,won,new", "D2,A1,2025-01-01,2025-02-01,won,renewal")
    assert crm.config().tables["subscriptions"].from_ == "opportunities"
    assert crm.config("salesforce").tables["subscriptions"].from_ == "opportunities"


def test_deals_columns_known_at_their_opening_become_attributes_and_others_are_set_apart(crm):
    crm.write("accounts.csv", "account_id,x", "A1,a", "A2,b")
    crm.write("deals.csv", f"{DEALS},use_case,probability",
              "D1,A1,2024-01-01,2024-02-01,won,audit,100", "D2,A2,2024-01-01,2024-02-01,lost,risk,0")  # fmt: skip
    config = crm.config()
    assert {name: a.from_ for name, a in config.attributes.items()} == {"x": "accounts", "use_case": "opportunities"}
    assert "from: opportunities: probability." in crm.draft()
    assert crm.cohort().attributes["use_case"].tolist() == ["audit", "risk"]


def test_a_table_of_a_known_name_without_its_columns_is_left_out_with_the_reason(small):
    small.write("signals.csv", "account_id,date", "A1,2024-02-01")
    assert small.config().tables["signals"].file == []
    assert "left out: the file of this name has not all of account_id, occurred_at, signal, value" in small.draft()
    assert len(small.cohort().accounts) == 5


def test_signals_of_a_telling_name_become_pull(small):
    small.write("signals.csv", "account_id,occurred_at,signal,value",
                "A1,2024-02-01,nps,9", "A1,2024-02-02,onboarding_days,5",
                "A2,2024-06-01,emails_clicked,3", "A2,2024-06-02,referral,1")  # fmt: skip
    parts = [(p.signal, p.aggregate, p.window_days, p.direction) for p in small.config().pull]
    assert parts == [
        ("nps", "mean", 365, "higher"),
        ("onboarding_days", "mean", 180, "lower"),
        ("referral", "count", 365, "higher"),
    ]


def test_a_second_currency_gets_a_rate_that_says_it_must_be_mended(small):
    small.write("subscriptions.csv", "account_id,started_at,ended_at,arr,currency", "A1,2024-01-01,,1,EUR",
                "A2,2024-05-01,,1,EUR", "A3,2024-05-01,,1,USD")  # fmt: skip
    config = small.config()
    assert (config.money.currency, config.money.rates) == ("EUR", {"USD": 1.0})
    assert "# MEND: amounts are in EUR, USD" in small.draft()
    assert small.cohort().currency == "EUR"


def test_rows_that_need_mending_are_said_at_the_head(small):
    small.write("subscriptions.csv", "account_id,started_at,ended_at,arr", "A1,2024-01-01,2023-01-01,1")
    head = small.draft().splitlines()[1]
    assert head.startswith("# MEND: subscriptions.csv, column 'ended_at': a period must not end before it starts")


def test_accounts_as_known_from_a_day_on_stay_several_rows(small):
    small.write("accounts.csv", "account_id,observed_at,size", "A1,2023-01-01,1", "A1,2024-06-01,2", "A2,2023-01-01,3")
    cohort = small.cohort()
    assert cohort.attributes["size"].tolist() == [1, 3]
    assert cohort.latest["size"].tolist() == [2, 3]


@pytest.mark.parametrize("folder", ["data_loader", "reports"])
def test_a_salesforce_export_is_known_by_its_columns(tmp_path, folder):
    fixtures = Path(__file__).parents[1] / "fixtures" / "salesforce" / folder
    text = draft_config(fixtures, out=tmp_path / "acme.yaml")
    assert "preset: salesforce  # the columns look like its export" in text
    assert "#   Type: {type: category}  # its values tell customers from others" in text


def test_a_missing_folder_an_empty_one_and_one_without_tables_say_what_is_needed(crm):
    with pytest.raises(DataError, match=r"nowhere: a folder of CSV, Parquet or Excel tables is needed; found nothing"):
        draft_config(crm.folder / "nowhere")
    with pytest.raises(DataError, match=r"at least one file must be a table \(\.csv, .*\); found no file; export"):
        crm.draft()
    crm.write("read.me", "x")
    with pytest.raises(DataError, match=r"found read\.me"):
        crm.draft()


def test_without_deals_or_contracts_every_file_is_listed_with_what_it_lacks(crm):
    crm.write("accounts.csv", "account_id,x", "A1,a")
    crm.write("deals.csv", "opportunity_id,account_id,outcome", "D1,A1,won")
    with pytest.raises(DataError) as raised:
        crm.draft()
    assert "opportunities (opportunity_id, account_id, created_at, closed_at, outcome) or subscriptions" in str(
        raised.value
    )
    assert "- accounts.csv (account_id, x): taken for accounts" in str(raised.value)
    assert "- deals.csv (opportunity_id, account_id, outcome): for opportunities it lacks created_at, closed_at" in str(
        raised.value
    )


def test_an_unknown_preset_names_the_nearest(small):
    with pytest.raises(ConfigError, match="'salesfroce' is not known \\(did you mean 'salesforce'\\?\\)"):
        small.draft("salesfroce")
