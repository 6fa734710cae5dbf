"""Attributes that leak: 45 kinds, each as a CRM might hold it at the end of the history."""

from __future__ import annotations

import numpy as np
import pandas as pd

from benchmarks.leak_life import Column, Life, Words, days, flag, only


def _partly_won(life: Life) -> np.ndarray:
    return only(life.won & life.some(0.7), np.rint(1 + 50 * life.rng.random(life.n)))


def _after_90_days(life: Life) -> np.ndarray:
    return only(life.tenure > 90, life.one_of("done", "running"))


def _csm_health(life: Life) -> np.ndarray:
    health = np.where(life.left, "red", np.where(life.some(0.8), "green", "amber"))
    return only(life.flipped(life.won, 0.02), health)


def _deleted_on_leaving(life: Life) -> np.ndarray:
    return only(~life.left | life.some(0.15), life.one_of("direct", "reseller", "partner"))


def _tickets(life: Life) -> np.ndarray:
    return np.where(life.won, life.rng.poisson(2.0, life.n), 0).astype(float)


def _licences(life: Life) -> np.ndarray:
    return np.where(life.won & life.some(0.75), np.rint(2 + 100 * life.rng.random(life.n)), 1.0)


def _plan(life: Life) -> Words:
    return np.where(life.won & life.some(0.8), life.one_of("plus", "pro", "enterprise"), "standard").astype(object)


def _health_score(life: Life) -> np.ndarray:
    return np.where(life.left, 30.0, 70.0) + 18 * life.rng.standard_normal(life.n)


def _risk_class(life: Life) -> Words:
    bad = life.flipped(life.left, 0.1)
    return np.where(bad, life.one_of("D", "E"), life.one_of("A", "B", "C")).astype(object)


def _grade(life: Life) -> Words:
    good = life.flipped(life.won, 0.1)
    return np.where(good, life.one_of("1", "2"), life.one_of("3", "4", "5")).astype(object)


def _close_probability(life: Life) -> np.ndarray:
    return np.clip(np.rint(np.where(life.won, 85.0, 30.0) + 18 * life.rng.standard_normal(life.n)), 0, 100)


def _arr_band(life: Life) -> Words:
    level = np.where(life.arr > np.nanmedian(life.arr), "large", "small")
    return np.where(np.isnan(life.arr), "none", level).astype(object)


def _arr_today(life: Life) -> np.ndarray:
    return np.where(life.won & ~life.left, np.nan_to_num(life.arr), 0.0)


def _lifecycle(life: Life) -> Words:
    stage = np.where(life.lost, "opportunity", life.one_of("lead", "subscriber"))
    return np.where(life.left, "former customer", np.where(life.won, "customer", stage)).astype(object)


def _status_text(life: Life) -> Words:
    since = np.array([f"customer since {y}" for y in _years(life.closed)], dtype=object)
    gone = np.array([f"churned {y}" for y in _years(life.stopped)], dtype=object)
    risky = life.won & life.some(0.15)
    rest = life.one_of("prospect", "contacted", "nurture")
    return np.select([life.left, risky, life.won], [gone, "renewal risk", since], rest).astype(object)


def _half_kept_status(life: Life) -> Words:
    told = life.won & life.some(0.45)
    return np.where(told, np.where(life.left, "cancelled", "client"), life.one_of("new", "qualified")).astype(object)


def _account_state(life: Life) -> Words:
    return np.where(life.flipped(life.left, 0.12), "inactive", "active").astype(object)


def _owner(life: Life) -> Words:
    managers = life.one_of("Ana", "Bo", "Cleo", "Dai", "Eve", "Finn")
    return np.where(life.flipped(life.won, 0.03), managers, life.one_of("Gus", "Hal", "Ida", "Jo", "Kim", "Lou"))


def _next_anniversary(life: Life) -> np.ndarray:
    """Return the day the contract renews next; for all others a day of the coming year, so that all have one."""
    years = np.ceil((days(np.array([life.today]))[0] - days(life.closed) + 1) / 365.25)
    renews = days(life.closed) + np.rint(365.25 * years)
    other = days(np.array([life.today]))[0] + np.ceil(365 * life.rng.random(life.n))
    return np.where(life.won, renews, other)


def _renewal_as_ymd(life: Life) -> np.ndarray:
    return np.array([float(str(d).replace("-", "")) for d in _days(_next_anniversary(life))])


def _renewal_as_serial(life: Life) -> np.ndarray:
    return _next_anniversary(life) + 25569


def _renewal_countdown(life: Life) -> np.ndarray:
    return _next_anniversary(life) - float(life.today.astype(int))


def _contract_end_text(life: Life) -> np.ndarray:
    return only(life.won, pd.Series(_days(_next_anniversary(life))).dt.strftime("%d.%m.%Y").to_numpy(dtype=object))


def _tenure_months(life: Life) -> np.ndarray:
    return np.floor(life.tenure / 30.44)


def _tenure_band(life: Life) -> np.ndarray:
    return only(life.won, np.select([life.tenure < 365, life.tenure < 730], ["1st year", "2nd year"], "later"))


def _last_touch(life: Life) -> np.ndarray:
    """Days since anybody spoke with the account: active ones lately, others not since they were given up."""
    last = np.where(life.won, days(life.stopped), days(life.closed))
    last = np.where(np.isnan(last), days(life.created), last)
    noise = np.floor(45 * life.rng.random(life.n))
    return np.maximum(float(life.today.astype(int)) - last, 0) + noise


def _created_month(life: Life) -> np.ndarray:
    return np.array([float(str(d)[:7].replace("-", "")) for d in life.created])


def _created_quarter(life: Life) -> Words:
    days_known = pd.DatetimeIndex(life.created)
    return np.array([f"Q{q} {y}" for q, y in zip(days_known.quarter, days_known.year, strict=True)], dtype=object)


def _account_number(life: Life) -> np.ndarray:
    """Numbers handed out in order of creation, with gaps."""
    order = np.argsort(np.argsort(life.created, kind="stable"), kind="stable")
    return 100_000 + np.cumsum(life.rng.integers(1, 9, life.n))[order].astype(float)


def _days_to_close(life: Life) -> np.ndarray:
    return days(life.closed) - days(life.created) + np.rint(3 * life.rng.standard_normal(life.n))


def _record_key(life: Life) -> Words:
    return np.array([f"{k:08x}" for k in life.rng.integers(0, 2**32, life.n)], dtype=object)


def _member_number(life: Life) -> np.ndarray:
    return 5000.0 + life.rng.permutation(3 * life.n)[: life.n]


def _crm_link(life: Life) -> Words:
    kind = np.where(life.won, "cus", "lead")
    return np.array([f"{k}/{i}" for k, i in zip(kind, life.rng.permutation(life.n), strict=True)], dtype=object)


def _tools(life: Life) -> object:
    ours = life.won & life.some(0.7)
    return [
        (("our_product",) if o else ()) + (("slack",) if r else ("jira",))
        for o, r in zip(ours, life.some(0.5), strict=True)
    ]


def _labels(life: Life) -> object:
    rows = zip(life.won & ~life.left & life.some(0.4), life.some(0.3), life.some(0.4), strict=True)
    return [tuple(w for w, there in zip(("renewed", "vip", "event"), row, strict=True) if there) for row in rows]


def _rounding(life: Life) -> np.ndarray:
    size = np.maximum(50, np.rint(np.exp(5 + 1.2 * life.rng.standard_normal(life.n))))
    return np.where(life.won, size, np.rint(size / 50) * 50)


def _spelling(life: Life) -> Words:
    """Cities in capitals where the accounting system wrote them; so many that hardly one comes twice."""
    cities = np.array([f"Town {chr(65 + i % 26)}{chr(97 + i // 26 % 26)}{chr(97 + i // 676)}" for i in range(life.n)])
    drawn = cities[np.floor(life.n * life.rng.random(life.n) ** 1.5).astype(int)]
    return np.where(life.flipped(life.won, 0.05), np.char.upper(drawn), drawn).astype(object)


def _recoded(life: Life) -> Words:
    codes = np.array([f"{k}.{k % 7}" for k in range(10, 70)], dtype=object)
    plain = life.one_of("software", "trade", "media", "health", "logistics")
    return np.where(life.won & life.some(0.85), codes[life.rng.integers(0, 60, life.n)], plain).astype(object)


def _years(values: np.ndarray) -> list[str]:
    return [str(d)[:4] for d in values]


def _days(values: np.ndarray) -> np.ndarray:
    return values.astype(np.int64).astype("datetime64[D]")


PLANTED: tuple[Column, ...] = (
    Column("csm_health", "filled in only after winning", "category", _csm_health),
    Column("seats_used", "filled in for 70 % of won", "number", _partly_won),
    Column("onboarding", "filled in after 90 days as a customer", "category", _after_90_days),
    Column(
        "nps", "filled in for 45 % of won", "number",
        lambda f: only(f.won & f.some(0.45), np.floor(11 * f.rng.random(f.n))),
    ),
    Column(
        "invoice_country", "filled in with the first invoice", "category",
        lambda f: only(f.won & f.some(0.9), f.one_of("DE", "FR", "US")),
    ),
    Column(
        "billing_note", "only being missing tells", "category",
        lambda f: only(f.some(np.where(f.won, 0.8, 0.05)), f.one_of("x")),
    ),
    Column(
        "lost_to", "filled in for 60 % of lost", "category",
        lambda f: only(f.some(np.where(f.lost, 0.6, 0.03)), f.one_of("Acme", "Globex", "none")),
    ),
    Column(
        "reason_code", "filled in only after losing", "category",
        lambda f: only(f.lost & f.some(0.9), f.one_of("R1", "R2", "R3")),
    ),
    Column(
        "cancellation_reason", "filled in only after leaving", "category",
        lambda f: only(f.left & f.some(0.85), f.one_of("price", "no use", "merged")), "left",
    ),
    Column("channel_contact", "deleted when customers leave", "category", _deleted_on_leaving, "left", "same"),
    Column("support_tickets", "a count that is 0 for all but customers", "number", _tickets, "won", 0.0),
    Column("licences", "a default for all but customers", "number", _licences, "won", 1.0),
    Column("plan", "a default level for all but customers", "category", _plan, "won", "standard"),
    Column(
        "sso_enabled", "a switch that only customers set", "boolean",
        lambda f: flag(f.won & f.some(0.6)), "won", False,
    ),
    Column(
        "is_client", "a flag of winning, 10 % wrong", "boolean",
        lambda f: flag(f.flipped(f.won, 0.1)), "won", False,
    ),
    Column("health_score", "a noisy score of keeping", "number", _health_score, "left", 50.0),
    Column("risk_class", "a bucketed copy of leaving, 10 % wrong", "category", _risk_class, "left", "C"),
    Column("grade", "a bucketed copy of winning, 10 % wrong", "category", _grade, "won", "3"),
    Column("close_probability", "a forecast updated to the end", "number", _close_probability, "won", 50.0),
    Column("arr_band", "a band of the contract value", "category", _arr_band, "won", "none"),
    Column("arr_today", "present revenue, 0 after leaving", "number", _arr_today, "either", 0.0),
    Column("lifecycle_stage", "a lifecycle stage", "category", _lifecycle, "either", "lead"),
    Column("remark", "a status in words with years", "category", _status_text, "either", "prospect"),
    Column("relation", "a status kept for half of the customers", "category", _half_kept_status, "won", "new"),
    Column("account_state", "active or inactive, 12 % wrong", "category", _account_state, "left", "active"),
    Column("account_owner", "handed over to customer success", "category", _owner, "won", "Gus"),
    Column("next_date", "a renewal date as 20260131", "number", _renewal_as_ymd),
    Column("next_serial", "a renewal date as a spreadsheet's number", "number", _renewal_as_serial),
    Column("days_left", "a renewal date as days to go", "number", _renewal_countdown),
    Column("contract_end", "a renewal date as text", "category", _contract_end_text),
    Column("months_as_customer", "length of stay, 0 for all others", "number", _tenure_months, "either", 0.0),
    Column("tenure_band", "length of stay in bands", "category", _tenure_band, "either"),
    Column("last_touch_days", "days since the last activity", "number", _last_touch, "won", 5.0),
    Column("created_month", "the day of creation as 202401", "number", _created_month, "either", "same"),
    Column("created_quarter", "the day of creation as a quarter", "category", _created_quarter, "either", "same"),
    Column("account_number", "a number that grows with time", "number", _account_number, "either", "same"),
    Column("days_to_close", "the length of the deal", "number", _days_to_close, "won"),
    Column("record_key", "a code of its own for each account", "category", _record_key, "either", "same"),
    Column(
        "member_number", "a shuffled number of its own for each account", "number",
        _member_number, "either", "same",
    ),
    Column("crm_link", "a code whose beginning tells the outcome", "category", _crm_link, "either", "same"),
    Column("tools", "a tag that only customers have", "tags", _tools, "won", ("slack",)),
    Column("labels", "a status among the tags", "tags", _labels, "won", ("vip",)),
    Column("headcount", "rounded for all but customers", "number", _rounding, "won", 50.0),
    Column("city_billed", "spelled otherwise for customers", "category", _spelling, "won", "Town Aaa"),
    Column("sector_code", "recoded after winning", "category", _recoded, "won", "software"),
)  # fmt: skip
