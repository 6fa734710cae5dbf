from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from icp_ml.errors import NotEnoughDataError
from icp_ml.models.history import ChurnRecords, WinRecords
from icp_ml.models.targets import ChurnTarget, WinTarget
from icp_ml.models.tuning_period import tuning_period

FIRST = np.datetime64("2022-01-01")


def _frame(n: int) -> pd.DataFrame:
    return pd.DataFrame({"size": np.arange(n, dtype=float)}, index=pd.Index([f"A{i}" for i in range(n)]))


def _wins(n: int = 201, days: int = 1) -> WinRecords:
    """One deal a day; every third is won."""
    begun = FIRST + np.arange(n) * np.timedelta64(days, "D")
    return WinRecords(_frame(n), WinTarget(np.arange(n) % 3 == 0), begun)


def _customers() -> ChurnRecords:
    """One customer every second day over two years, followed to 2024-01-01; every other leaves after two months."""
    n, until = 365, np.datetime64("2024-01-01")
    begun = FIRST + np.arange(n) * np.timedelta64(2, "D")
    followed = (until - begun).astype(int) / 30.5
    event = (np.arange(n) % 2 == 0) & (followed > 2)
    ended = np.where(event, begun + np.timedelta64(61, "D"), np.datetime64("NaT")).astype("datetime64[D]")
    target = ChurnTarget(np.where(event, 2.0, np.maximum(followed, 0.01)), event, np.zeros(n), 12.0)
    return ChurnRecords(_frame(n), target, begun, ended, 30)


def test_the_last_three_in_ten_deals_are_kept_from_tuning() -> None:
    period = tuning_period(_wins())
    assert period.until == FIRST + np.timedelta64(140, "D"), "day 140 of 0 to 200"
    assert len(period.known.frame) == 141
    (split,) = period.later.splits
    assert split.test.tolist() == list(range(141, 201))
    assert split.train.tolist() == list(range(141))
    assert split.label == str(period.until)


def test_the_cut_for_churn_leaves_three_in_ten_of_those_begun_a_horizon_ago() -> None:
    records = _customers()
    period = tuning_period(records)
    last = records.begun.max()
    could_show = records.begun[records.begun <= last - np.timedelta64(365, "D")]
    after = (could_show > period.until).mean()
    assert after == pytest.approx(0.3, abs=0.01)


def test_what_happened_after_the_cut_is_not_known_inside_it() -> None:
    records = _customers()
    known = tuning_period(records).known
    until = tuning_period(records).until
    seen_until = until - np.timedelta64(30, "D")
    assert isinstance(known, ChurnRecords)
    assert (known.begun <= seen_until).all()
    assert (known.ended[known.target.event] <= seen_until).all()
    assert np.isnat(known.ended[~known.target.event]).all()
    left_later = [i for i in known.frame.index if _left_after(records, i, seen_until)]
    assert left_later, "some customers of the first part leave in the second"
    assert not known.target.event[known.frame.index.isin(left_later)].any()


def _left_after(records: ChurnRecords, account: str, day: np.datetime64) -> bool:
    at = records.frame.index.get_loc(account)
    return bool(records.target.event[at] and records.ended[at] > day)


def test_outcomes_do_not_move_the_cut() -> None:
    records = _customers()
    nobody = ChurnTarget(records.target.time, np.zeros(365, dtype=bool), records.target.entry, 12.0)
    with pytest.raises(NotEnoughDataError, match=str(tuning_period(records).until)):
        tuning_period(ChurnRecords(records.frame, nobody, records.begun, records.ended, 30))


def test_too_few_accounts_are_refused_with_what_was_found() -> None:
    with pytest.raises(NotEnoughDataError, match=r"at least 100 accounts known by .*found 63, 21 of them"):
        tuning_period(_wins(91))


def test_a_history_shorter_than_the_horizon_still_has_its_first_customers_or_is_refused() -> None:
    records = _customers()
    some = records.begun < FIRST + np.timedelta64(300, "D")
    target = records.target.take(np.flatnonzero(some))
    young = ChurnRecords(records.frame[some], target, records.begun[some], records.ended[some], 30)
    with pytest.raises(NotEnoughDataError, match="begun over more than 12 months"):
        tuning_period(young)
