"""What systems and people call the standard columns, and the words that give an attribute away."""

from __future__ import annotations

import re
from functools import cache
from typing import Any

from icp_ml.config.presets import PRESETS, preset_values
from icp_ml.config.standard import CONTRACT

_ACCOUNT = (
    "account id, company id, customer id, client id, organization id, organisation id, org id, tenant id, account key, "
    "customer no, customer nr, customer number, customer key, account no, acc id, cust id, company key, kundennummer, "
    "kundennr, kunden nr, kunden id, firmen id"
)
_NAMED_ACCOUNT = (
    "account, company, customer, client, organization, organisation, account name, company name, customer name, "
    "client name, organization name, kunde, firma"
)
_CURRENCY = "currency code, currency iso code, amount currency, deal currency, ccy"

# By table and standard column: other names, the likeliest first; the presets' own aliases come before them.
_SYNONYMS: dict[str, dict[str, str]] = {
    "accounts": {
        "account_id": f"{_ACCOUNT}, id, record id, uuid, account number, {_NAMED_ACCOUNT}, name",
        "name": "account name, company name, customer name, client name, organization name, company, "
        "organization, firma",
        "observed_at": "observed on, snapshot date, snapshot at, snapshot, as of, as of date, valid from, "
        "effective from",
    },
    "opportunities": {
        "opportunity_id": "deal id, opp id, opportunity key, deal key, id, record id, opportunity number, deal number, "
        "opportunity no, deal no, deal nr, opportunity, deal, opportunity name, deal name",
        "account_id": f"{_ACCOUNT}, {_NAMED_ACCOUNT}",
        "created_at": "created date, create date, created on, created, date created, creation date, open date, "
        "opened at, opened on, opened, opened date, entry date, opportunity created date, start date, angelegt am, "
        "erstellt am, erstelldatum, anlagedatum",
        "closed_at": "actual close date, close date, closed date, closed on, closed, date closed, closing date, "
        "decision date, decided at, decided on, end date, expected close date, abschlussdatum, abgeschlossen am, "
        "geschlossen am",
        "outcome": "stage name, stage, deal stage, opportunity stage, sales stage, status, deal status, result, "
        "opportunity status, is won, won, won lost, win loss, deal outcome",
        "kind": "type, opportunity type, deal type, deal kind, business type, record type, sales type, category",
        "amount": "annual amount, arr, acv, annual value, annual contract value, annual recurring revenue, deal value, "
        "deal amount, value, contract value, price, deal size, betrag, wert, auftragswert",
        "term_months": "contract term months, contract months, contract term, contract length, term, duration months",
        "services_amount": "services, services fee, services value, implementation fee, setup fee, one time fee",
        "currency": _CURRENCY,
        "owner": "opportunity owner, deal owner, owner name, owner id, sales rep, rep, account executive, assigned to",
        "territory": "sales territory, sales region, region",
        "source": "lead source, deal source, opportunity source, original source",
        "loss_reason": "lost reason, closed lost reason, reason lost, reason for loss, close reason, reason",
        "competitor": "competitors, main competitor, main competitors, lost to",
        "discount_pct": "discount percent, discount percentage, discount, discount rate",
        "exception_reason": "exception",
        "exception_approved_by": "approved by, exception approver",
    },
    "subscriptions": {
        "account_id": f"{_ACCOUNT}, {_NAMED_ACCOUNT}",
        "started_at": "start date, started on, start, contract start, contract start date, subscription start, "
        "subscription start date, begin date, period start, valid from, service start date, activated at, signup date, "
        "vertragsbeginn, beginn, startdatum",
        "ended_at": "end date, ended on, end, contract end, contract end date, subscription end, "
        "subscription end date, period end, valid to, valid until, canceled at, cancelled at, cancellation date, "
        "termination date, churn date, churned at, vertragsende, ende, enddatum, expiry date, expiration date",
        "arr": "annual recurring revenue, annual value, acv, annual contract value, annual amount, arr eur, arr usd, "
        "contract value, yearly amount, jahreswert, amount, value, mrr, price",
        "currency": _CURRENCY,
        "end_reason": "churn reason, cancellation reason, cancel reason, termination reason, reason",
    },
    "signals": {
        "account_id": f"{_ACCOUNT}, {_NAMED_ACCOUNT}",
        "occurred_at": "occurred on, event date, event time, timestamp, date, event at, measured at, recorded at, "
        "logged at, datetime, day, month, created at",
        "signal": "signal name, event, event name, event type, metric, metric name, kpi, measure, activity, type, name",
        "value": "event value, metric value, score, quantity, count, amount, measurement, reading",
    },
}

# What companies call the four tables' files, beyond the standard names.
FILE_WORDS: dict[str, str] = {
    "accounts": "accounts account companies company customers customer clients client organizations organisations",
    "opportunities": "opportunities opportunity opps deals deal pipeline",
    "subscriptions": "subscriptions subscription contracts contract periods orders",
    "signals": "signals signal events usage activity activities metrics",
}


def words(name: str) -> str:
    """Return a column's name as lower-case words, however it is written.

    >>> words("NumberOfEmployees"), words("Tech_Stack__c"), words("csmHealth2"), words("ARRBand")
    ('number of employees', 'tech stack', 'csm health 2', 'arr band')
    """
    split = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])|(?<=[a-zA-Z])(?=\d)", " ", _bare(name))
    return " ".join(re.findall(r"[^\W_]+|%|#", split)).lower()


def _bare(name: str) -> str:
    """Drop what a CRM puts behind a custom field's name."""
    return re.sub(r"__(c|pc|r)$", "", name)


def known_names(table: str, standard: str, preset: str | None) -> list[str]:
    """Return what a standard column may be called, as words run together, the likeliest first."""
    aliases = [alias for name in _presets_first(preset) for alias in preset_aliases(name, table).get(standard, [])]
    listed = [standard, *aliases, *_SYNONYMS[table].get(standard, "").split(", ")]
    return list(dict.fromkeys(run_together(name) for name in listed if name))


def run_together(name: str) -> str:
    """Return a name's words without what stands between them.

    >>> run_together("Account ID"), run_together("AccountId"), run_together("account_id")
    ('accountid', 'accountid', 'accountid')
    """
    return words(name).replace(" ", "")


def preset_aliases(preset: str | None, table: str) -> dict[str, list[str]]:
    """Return a preset's aliases for one table."""
    return dict(_preset_table(preset, table).get("aliases", {}))


def preset_table_values(preset: str | None, table: str) -> dict[str, Any]:
    """Return a preset's value mappings for one table."""
    return dict(_preset_table(preset, table).get("values", {}))


def _preset_table(preset: str | None, table: str) -> dict[str, Any]:
    return {} if preset is None else dict(_preset(preset).get("tables", {}).get(table, {}))


@cache
def _preset(name: str) -> dict[str, Any]:
    """Return a preset, read once, since every column of every file asks for its names."""
    return preset_values(name)


def _presets_first(preset: str | None) -> list[str]:
    return [*([preset] if preset else []), *(p for p in PRESETS if p != preset)]


def standards(table: str) -> list[str]:
    """Return the standard columns, those a table cannot do without first."""
    return sorted(CONTRACT[table], key=lambda s: not CONTRACT[table][s].required)
