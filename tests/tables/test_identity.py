from __future__ import annotations

from typing import Any

SALESFORCE = {
    "Account_csv": '"Id","Name"\n"001D000000IqhSLIAZ","Acme"\n"001D000000IqhSMIAZ","Beta"\n\n'
    '"Grand Totals (2 records)"\n"Confidential Information - Do Not Distribute"\n',
    "Opportunity_csv": "Id,AccountId,StageName,CloseDate,CreatedDate,Type,Amount\n"
    "006000000000001,001D000000IqhSL,Closed Won,2024-02-01,2024-01-01T10:00:00.000+0000,New Business,12000\n"
    "006000000000002,001D000000IqhSL,Closed Won,2025-01-20,2024-12-01T10:00:00.000+0000,Renewal,13000\n"
    "006000000000003,001D000000IqhSM,Negotiation,2027-02-03,2025-12-01T10:00:00.000+0000,New Business,\n",
}
HUBSPOT = {
    "hubspot-crm-exports-all-companies-2026-06-30_csv": "Record ID,Company name\n11,Acme\n12,Beta\n",
    "hubspot-crm-exports-all-deals-2026-06-30_csv": "Record ID,Deal Name,Deal Stage,Create Date,Close Date,Amount,"
    "Deal Type,{0}\n1,x,Closed won,2024-01-01 10:12,2024-02-01 09:00,100,newbusiness,{1}\n"
    "2,y,Appointment scheduled,2024-03-01 10:12,2024-12-01 09:00,,existingbusiness,{2}\n",
}


def test_ids_of_15_and_18_characters_are_one_account(company: Any) -> None:
    for name in ("accounts.csv", "subscriptions.csv"):
        (company.folder / name).unlink()
    company.write(**SALESFORCE)
    tables = company.read("preset: salesforce\n", "{}")
    assert tables.accounts["account_id"].tolist() == ["001D000000IqhSLIAZ", "001D000000IqhSMIAZ"]
    assert tables.opportunities["account_id"].tolist()[0] == "001D000000IqhSLIAZ"
    assert tables.opportunities["outcome"].tolist() == ["won", "won", "open"]
    assert tables.opportunities["kind"].tolist() == ["new", "renewal", "new"]
    assert tables.subscriptions["arr"].tolist() == [12000.0, 13000.0]
    assert str(tables.as_of) == "2025-12-01"


def hubspot(company: Any, column: str, first: str, second: str) -> Any:
    for name in ("accounts.csv", "subscriptions.csv"):
        (company.folder / name).unlink()
    company.write(**{name: text.format(column, first, second) for name, text in HUBSPOT.items()})
    return company.read("preset: hubspot\n", "{}").opportunities


def test_the_first_known_company_of_a_list_counts(company: Any) -> None:
    found = hubspot(company, "Associated Company IDs", "99;12", "11")
    assert found["account_id"].tolist() == ["12", "11"]
    assert found["outcome"].tolist() == ["won", "open"]
    assert found["kind"].tolist() == ["new", "expansion"]


def test_companies_may_be_named_instead(company: Any) -> None:
    assert hubspot(company, "Associated Company", "Beta", "Acme;Beta")["account_id"].tolist() == ["12", "11"]


def test_an_id_written_as_a_number_or_with_spaces_is_found(company: Any) -> None:
    company.write(
        accounts_csv="account_id,industry\n7,x\n8,y\n",
        subscriptions_csv="account_id,started_at,ended_at,arr\n7.0,2024-01-01,,1\n 8,2024-01-01,,1\n",
    )
    assert company.read().subscriptions["account_id"].tolist() == ["7", "8"]


def test_an_exact_id_is_never_taken_for_another(company: Any) -> None:
    company.write(
        accounts_csv="account_id,industry\n7,x\n7.0,y\n",
        subscriptions_csv="account_id,started_at,ended_at,arr\n7.0,2024-01-01,,1\n",
    )
    assert company.read().subscriptions["account_id"].tolist() == ["7.0"]
