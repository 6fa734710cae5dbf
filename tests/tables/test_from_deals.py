from __future__ import annotations

import datetime as dt
from typing import Any

import pandas as pd

from icp_ml.tables.from_deals import derive_subscriptions

AS_OF = dt.date(2026, 6, 30)
NAT = pd.NaT


def deals(*rows: tuple[str, str, str, str, float | None, float | None]) -> pd.DataFrame:
    """Deals of one account: kind, outcome, created, closed, amount, term_months."""
    names = ["kind", "outcome", "created_at", "closed_at", "amount", "term_months"]
    frame = pd.DataFrame(rows, columns=names).assign(account_id="A1")
    frame["opportunity_id"] = [f"O{i}" for i in range(len(frame))]
    for column in ("created_at", "closed_at"):
        frame[column] = pd.to_datetime(frame[column]).astype("datetime64[ns]")
    return frame.astype({"amount": "float64", "term_months": "float64"})


def periods(*rows: Any) -> list[tuple[str, str | None, float, str | None]]:
    """Derived periods as (start, end, arr, censored)."""
    found = derive_subscriptions(deals(*rows), AS_OF, 30)
    days = {
        c: found[c].dt.strftime("%Y-%m-%d").astype(object).where(found[c].notna(), None) for c in found if "_at" in c
    }
    return list(zip(days["started_at"], days["ended_at"], found["arr"].tolist(), days["censored_at"], strict=True))


def test_a_won_deal_opens_twelve_months_from_its_closing_day() -> None:
    assert periods(("new", "won", "2024-01-01", "2024-02-29", 100, None)) == [("2024-02-29", "2025-02-28", 100, None)]


def test_the_term_in_months_is_the_deals_own() -> None:
    assert periods(("new", "won", "2024-01-01", "2024-02-01", 100, 24)) == [("2024-02-01", "2026-02-01", 100, None)]


def test_lost_open_and_refused_deals_open_nothing() -> None:
    rows = [("new", o, "2024-01-01", "2024-02-01", 1, None) for o in ("lost", "open", "refused")]
    assert periods(*rows) == []


def test_a_running_term_is_active_with_its_end_planned() -> None:
    frame = deals(("new", "won", "2026-01-01", "2026-02-01", 100, None))
    (row,) = derive_subscriptions(frame, AS_OF, 30).to_dict("records")
    assert row["ended_at"] is NAT
    assert row["term_ends_at"] == pd.Timestamp("2027-02-01")


def test_a_renewal_extends_the_term_whether_it_closes_before_or_shortly_after_its_end() -> None:
    new = ("new", "won", "2023-01-01", "2023-02-01", 100, None)
    for closed in ("2024-01-10", "2024-02-20"):
        renewal = ("renewal", "won", "2023-12-01", closed, 120, None)
        assert periods(new, renewal) == [
            ("2023-02-01", "2024-02-01", 100, None),
            ("2024-02-01", "2025-02-01", 120, None),
        ]


def test_a_renewal_long_after_the_terms_end_opens_a_new_one() -> None:
    new = ("new", "won", "2023-01-01", "2023-02-01", 100, None)
    late = ("renewal", "won", "2024-05-01", "2024-06-01", 120, None)
    assert periods(new, late)[1] == ("2024-06-01", "2025-06-01", 120, None)


def test_a_renewal_of_a_customer_from_before_the_system_opens_a_term() -> None:
    assert periods(("renewal", "won", "2024-01-01", "2024-02-01", 5, 12)) == [("2024-02-01", "2025-02-01", 5, None)]


def test_an_expansion_adds_arr_until_the_current_terms_end() -> None:
    new = ("new", "won", "2024-01-01", "2024-02-01", 100, None)
    more = ("expansion", "won", "2024-06-01", "2024-07-01", 40, None)
    assert periods(new, more) == [("2024-02-01", "2025-02-01", 100, None), ("2024-07-01", "2025-02-01", 40, None)]


def test_an_open_renewal_at_the_terms_end_censors_there() -> None:
    new = ("new", "won", "2025-01-01", "2025-02-01", 100, None)
    more = ("expansion", "won", "2025-06-01", "2025-07-01", 40, None)
    pending = ("renewal", "open", "2025-12-01", "2026-09-01", 100, None)
    assert periods(new, more, pending) == [
        ("2025-02-01", None, 100, "2026-02-01"),
        ("2025-07-01", None, 40, "2026-02-01"),
    ]


def test_a_renewal_created_after_the_terms_end_does_not_censor() -> None:
    new = ("new", "won", "2025-01-01", "2025-02-01", 100, None)
    pending = ("renewal", "open", "2026-03-01", "2026-09-01", 100, None)
    assert periods(new, pending) == [("2025-02-01", "2026-02-01", 100, None)]


def test_an_open_renewal_touches_only_the_last_term() -> None:
    new = ("new", "won", "2023-01-01", "2023-02-01", 100, None)
    renewed = ("renewal", "won", "2023-12-01", "2024-01-15", 110, None)
    pending = ("renewal", "open", "2024-12-01", "2026-09-01", 120, None)
    assert periods(new, renewed, pending) == [
        ("2023-02-01", "2024-02-01", 100, None),
        ("2024-02-01", None, 110, "2025-02-01"),
    ]


def test_a_missing_amount_is_a_period_of_unknown_arr() -> None:
    ((_, _, arr, _),) = periods(("new", "won", "2024-01-01", "2024-02-01", None, None))
    assert pd.isna(arr)


def test_no_deal_gives_an_empty_typed_table() -> None:
    found = derive_subscriptions(deals(), AS_OF, 30)
    assert len(found) == 0
    assert str(found["started_at"].dtype) == "datetime64[ns]"
    assert str(found["arr"].dtype) == "float64"


def test_the_deals_are_not_changed() -> None:
    frame = deals(("new", "won", "2024-01-01", "2024-02-01", 100, None))
    before = frame.copy(deep=True)
    derive_subscriptions(frame, AS_OF, 30)
    pd.testing.assert_frame_equal(frame, before)
