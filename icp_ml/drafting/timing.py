"""What looks as if it were known only after the sale: by its name, by its levels, by whom it is filled in for."""

from __future__ import annotations

import re

from icp_ml.drafting.profiles import Column
from icp_ml.drafting.vocabulary import words

# What a name, written as lower-case words, speaks of; the first that matches is the reason given.
_AFTER = (
    (r"\b(churn\w*|cancel\w*|terminat\w*|offboard\w*|win ?back|lapsed)\b", "speaks of churn"),
    (r"\b(csm?|customer success)\b|success manager", "is customer success's own"),
    (r"\b(csm?|account|customer|client|relationship) health\b|"
     r"\bhealth (score|status|index|grade|colou?r|rag)\b|^health$",
     "speaks of a customer's health"),
    (r"\b(renew\w*|up ?sell\w*|cross ?sell\w*|expansion)\b", "speaks of renewal or expansion"),
    (r"\b(nps|csat|promoter|satisfaction|sentiment|feedback)\b", "is asked of customers"),
    (r"\b(mrr|arr|ltv|clv|cltv|nrr|grr)\b|lifetime value|recurring revenue|"
     r"\btotal (revenue|charges|spend\w*|paid|orders)\b|"
     r"\b(invoice\w*|overdue|amount paid|outstanding balance|refunds?|dunning)\b", "is money earned from customers"),
    (r"\b(last|latest|recent|first|next) (login|log in|active|activity|contact\w*|seen|visit|orders?|purchase|payment|"
     r"invoice|deals?|engagement|meeting|call|e ?mail|touch|used?|modified|update\w*|conversion)\b",
     "moves on as people work the account"),
    (r"\b(logins?|log ins|active (users|seats)|seats used|usage|adoption|utili[sz]ation|dau|mau|wau|sessions|"
     r"page ?views)\b",
     "speaks of use"),
    (r"\b(tickets?|support (cases?|hours|calls|requests|contacts?|minutes)|escalations?|complaints?)\b|"
     r"\bcustomer support\b",
     "speaks of support given"),
    (r"\b(onboard\w*|go live|kick ?off|implementation (date|status)|activated|activation)\b", "speaks of onboarding"),
    (r"\b(close|closed|won|lost|opportunit\w+|pipeline)\b|"
     r"\b(open|associated|total|number of|num|count of|amount of) deals?\b",
     "speaks of how deals went"),
    (r"\b(tenure|(customer|client|member) (since|for|status|type|stage)|became a (customer|client))\b",
     "is known of customers only"),
    (r"\b(life ?cycle|lead|contact|account|subscription|contract|payment|plan) (stage|status)\b|\bstatus\b|\bstage\b",
     "speaks of where the account stands now"),
    (r"\b(contract|subscription|plan) (end|start|expiry|until)\b", "is a term of the contract"),
    (r"\b(lead|hubspot|fit|engagement|predictive|propensity) score\b|likelihood|probability", "is itself a prediction"),
    (r"\b(times contacted|sales activit\w+|form submissions|number of (contacts|conversions))\b|associated contacts",
     "counts what people did with the account"),
    (r"\bowners?\b|\bowned by\b|assigned to|account (manager|executive)|\b(sales )?rep\b",
     "says who works it, not what it is"),
)  # fmt: skip
_BEFORE = re.compile(
    r"\b(listing|public|marital|employment|legal|tax|ownership|registration|vat|regulatory|certification|funding|ipo|"
    r"trading|home|immigration|company|growth|investment|maturity|business|startup|series|financing) (status|stage)\b"
    r"|\b(home|property|business|house|car|vehicle) owners?\b|\b(founder|family|woman|minority|veteran) owned\b"
)
_STATUS_LEVEL = re.compile(
    r"(churned|cancel(l)?ed|(former|ex|past|lost|active|inactive|current|existing|paying|live)[ _-](customer|client)s?|"
    r"customer|client|prospect|customer ?- ?.*|prospect ?- ?.*|closed[ _-]?(won|lost)|at[ -]risk|renewed|lapsed|"
    r"offboarded|onboarded)",
    re.IGNORECASE,
)
# Filled in for customers only: at least so many of the others, hardly any filled, and clearly more customers.
_OTHERS, _HARDLY, _CLEARLY = 5, 0.02, 0.10


def name_reason(name: str) -> str | None:
    """Return why a name speaks of the time after the sale, None where it does not.

    >>> name_reason("csm_health"), name_reason("FundingStage"), name_reason("TechSupport")
    ("is customer success's own", None, None)
    """
    text = words(name)
    if _BEFORE.search(text):
        return None
    return next((reason for pattern, reason in _AFTER if re.search(pattern, text)), None)


def levels_reason(column: Column) -> str | None:
    """Return which of a column's levels tell customers from others, None where none does."""
    if column.distinct > 50:
        return None
    told = [level for level in column.levels if _STATUS_LEVEL.fullmatch(level.strip())]
    return f"its values tell customers from others: {', '.join(map(repr, told[:3]))}" if told else None


def presence_reason(filled_customers: int, customers: int, filled_others: int, others: int) -> str | None:
    """Return that a column is filled in for customers only, None where it is not."""
    if not customers or others < _OTHERS:
        return None
    share, elsewhere = filled_customers / customers, filled_others / others
    if elsewhere > _HARDLY or share - elsewhere < _CLEARLY:
        return None
    return (
        f"filled in for {filled_customers:,} of {customers:,} customers and {filled_others:,} of {others:,} "
        "other accounts"
    )
