from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd
import pytest

from icp_ml.cohort.cohort import Cohort
from icp_ml.config.segment_quality import SHARES, SegmentSettings
from icp_ml.segments.per_account import Ratio, Share
from icp_ml.segments.quality_shares import NEEDS, channels_of, share_of

PLAIN = SegmentSettings()
NOBODY = [None] * 10


def cohort_of(**columns: object) -> Cohort:
    """Return five customers and four lost accounts, the last one never worked."""
    known = {
        "status": ["customer"] * 5 + ["lost"] * 4 + ["never worked"],
        "outcome": ["won"] * 5 + ["lost"] * 4 + [None],
        "is_customer": [True] * 5 + [False] * 5,
        "churned": [True, True] + [False] * 8,
        "follow_up_months": [12.0, 20, 24, 12, 6] + [np.nan] * 5,
        "arr_start": [100.0, 100, 100, 100, 100] + [np.nan] * 5,
        "arr_horizon": [0.0, 100, 120, 90, np.nan] + [np.nan] * 5,
        "service_cost": [10.0, 0, 0, 0, 0] + [np.nan] * 5,
        "years_at_risk": [1.0, 1, 1, 1, 0.5] + [np.nan] * 5,
        **{name: pd.Series(NOBODY, dtype="str") for name in ("source", "loss_reason", "competitor")},
        **{name: pd.Series(values, dtype="str") for name, values in columns.items()},
    }
    frame = pd.DataFrame(known)
    empty = frame[[]]
    return Cohort(frame, empty, empty, 12, dt.date(2026, 6, 30), dt.date(2026, 5, 31), True, True)


def counted(share: Share | Ratio | str) -> tuple[list[int], list[int]]:
    assert isinstance(share, Share)
    return np.flatnonzero(share.hits & share.among).tolist(), np.flatnonzero(share.among).tolist()


def test_every_share_that_a_config_may_name_can_be_counted_or_says_why_not():
    assert set(NEEDS) == set(SHARES)
    for name in SHARES:
        assert isinstance(share_of(name, cohort_of(), PLAIN), Share | Ratio | str)


def test_accounts_that_nobody_worked_are_counted_as_such():
    assert counted(share_of("worked", cohort_of(), PLAIN)) == (list(range(9)), list(range(10)))


def test_without_lost_or_open_deals_nobody_knows_who_was_worked():
    cohort = cohort_of(status=["customer"] * 5 + ["never worked"] * 5)
    assert share_of("worked", cohort, PLAIN) == "no deals but won ones are on record"


def test_a_kept_customer_was_followed_for_the_whole_horizon_and_stayed():
    # The first left at month 12, the second later, the fifth is too young to tell.
    assert counted(share_of("kept_customers", cohort_of(), PLAIN)) == ([1, 2, 3], list(range(9)))


def test_who_pays_more_is_asked_of_those_still_there_at_the_horizon():
    assert counted(share_of("paying_more", cohort_of(), PLAIN)) == ([2], [1, 2, 3])


def test_cost_to_serve_is_compared_with_what_was_paid_in_the_time_served():
    ratio = share_of("cost_of_arr", cohort_of(), PLAIN)
    assert isinstance(ratio, Ratio)
    assert np.nansum(ratio.top) / np.nansum(ratio.bottom) == pytest.approx(10 / 450)


def test_a_competitor_on_lost_deals_only_says_nothing_of_winning():
    lost_only = cohort_of(competitor=[None] * 5 + ["Acme"] * 4 + [None])
    assert share_of("won_against_competitor", lost_only, PLAIN) == "competitors are named on lost deals only"
    named = cohort_of(competitor=["Acme", "none", None, None, None, "acme ", None, None, None, None])
    assert counted(share_of("won_against_competitor", named, PLAIN)) == ([0], [0, 5])


def test_a_loss_went_to_a_competitor_if_its_reason_says_so_and_not_if_one_was_merely_there():
    reasons = [None] * 5 + ["Lost to competitor", "lost to Acme", "price", None, None]
    cohort = cohort_of(loss_reason=reasons, competitor=[None] * 5 + ["Acme", "Acme", "Acme", "Acme", None])
    assert counted(share_of("lost_to_competitor", cohort, PLAIN)) == ([5, 6], [5, 6, 7])
    told = SegmentSettings(competitor_reasons=["price"])
    assert counted(share_of("lost_to_competitor", cohort, told)) == ([7], [5, 6, 7])


def test_channels_are_those_the_config_names():
    cohort = cohort_of(source=["partner", "event", "event", None, None, "partner", "event", None, None, None])
    own = SegmentSettings(channels=["partner"])
    assert counted(share_of("through_channels", cohort, own)) == ([0, 5], [0, 1, 2, 5, 6])
    assert counted(share_of("won_through_channels", cohort, own)) == ([0], [0, 5])
    gone = SegmentSettings(channels=["fax"])
    assert share_of("through_channels", cohort, gone) == "no deal came from fax"


@pytest.mark.parametrize(("partner_won", "found"), [(40, ["partner"]), (22, [])])
def test_by_itself_a_channel_is_the_source_that_clearly_wins_most_often_if_there_is_one(partner_won, found):
    # 60 deals of each source; 20 of those from events are won.
    source = ["partner"] * 60 + ["event"] * 60
    outcome = ["won"] * partner_won + ["lost"] * (60 - partner_won) + ["won"] * 20 + ["lost"] * 40
    frame = pd.DataFrame({"source": source, "outcome": outcome, "is_customer": False})
    cohort = Cohort(frame, frame, frame, 12, dt.date(2026, 6, 30), dt.date(2026, 5, 31), True, False)
    assert channels_of(cohort, PLAIN) == found
