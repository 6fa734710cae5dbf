"""The three answers, each on accounts made so that it is true."""

from __future__ import annotations

import pandas as pd
import pytest

from icp_ml.comparison.comparing import Pair, compare_releases
from icp_ml.config.schema import Economics
from icp_ml.errors import DataError
from tests.comparison.worlds import ECONOMICS, criterion, entry, population, region, release, settled, small

# A refuses nobody, B refuses the small; both were made before the later accounts were decided.
EVERYBODY = release([criterion("X1", region("Nowhere"))], "2023-06-30", identity="all")
NOT_SMALL = release([criterion("X1", region("Nowhere")), criterion("X2", small(60))], "2023-12-31", identity="picky")
OLD = population(settled(400, 9, day="2023-03-31"), "2023-12-31", "what B was made from")
COSTLY = Economics(gross_margin=0.5, acquisition_cost=250.0)


def _judged(later: pd.DataFrame | None, own: pd.DataFrame | None = None, economics: Economics | None = COSTLY) -> Pair:
    accounts = OLD if own is None else population(own, "2023-12-31", "what B was made from")
    entries = [entry(EVERYBODY, None, economics=economics), entry(NOT_SMALL, accounts, economics=economics)]
    return compare_releases(entries, None if later is None else population(later, "2026-06-30"), economics)[0]


def test_b_is_adopted_where_those_it_refuses_leave() -> None:
    found = _judged(settled(600, 1, keeps=0.9, keeps_small=0.05))
    assert (found.verdict.answer, found.verdict.grounds) == ("adopt", "above_zero")
    assert found.later is not None
    assert found.later.found["net_margin"].low > 0


def test_a_is_kept_where_those_b_refuses_stay() -> None:
    found = _judged(settled(600, 2, keeps=0.9, keeps_small=0.95))
    assert (found.verdict.answer, found.verdict.grounds) == ("keep", "below_zero")


@pytest.mark.parametrize(("keeps_small", "sign"), [(0.72, -1), (0.60, 1)])
def test_within_its_range_it_cannot_be_told_whichever_way_it_leans(keeps_small: float, sign: int) -> None:
    found = _judged(settled(300, 3, keeps=0.9, keeps_small=keeps_small))
    assert found.later is not None
    assert found.later.found["net_margin"].estimate * sign > 0
    assert (found.verdict.answer, found.verdict.grounds) == ("cannot_tell", "within_range")


def test_without_later_accounts_it_cannot_be_told_even_if_the_newer_shines_on_its_own() -> None:
    found = _judged(None, settled(600, 1, keeps=0.9, keeps_small=0.05, day="2023-09-30"))
    assert (found.verdict.answer, found.verdict.grounds) == ("cannot_tell", "no_later")
    assert found.flattering is not None
    assert found.flattering.found["net_margin"].low > 0


def test_losing_even_on_the_accounts_it_was_made_from_is_reason_to_keep_a() -> None:
    found = _judged(None, settled(600, 2, keeps=0.9, keeps_small=0.95, day="2023-09-30"))
    assert (found.verdict.answer, found.verdict.grounds) == ("keep", "flattered_below_zero")


def test_accounts_that_flatter_the_first_release_are_not_held_against_the_second() -> None:
    own = population(settled(600, 2, keeps=0.9, keeps_small=0.95, day="2023-03-31"), "2023-12-31")
    later = release([criterion("X1", region("Nowhere"))], "2023-12-31", identity="later")
    picky = release([criterion("X2", small(60))], "2023-06-30", identity="earlier, picky")
    found = compare_releases([entry(later, own, economics=COSTLY), entry(picky, None, economics=COSTLY)])[0]
    assert found.flattering is None
    assert found.verdict.grounds == "no_later"


def test_accounts_that_both_were_made_from_are_held_against_neither() -> None:
    """The rule that one of them lacks was chosen on these accounts: losing there says nothing."""
    own = population(settled(600, 2, keeps=0.9, keeps_small=0.05, day="2023-03-31"), "2023-12-31")
    proposed = release([criterion("X2", small(60))], "2023-12-31", identity="proposed")
    reviewed = release([criterion("X1", region("Nowhere"))], "2023-12-31", identity="reviewed")
    found = compare_releases([entry(proposed, own, economics=COSTLY), entry(reviewed, own, economics=COSTLY)])[0]
    assert found.flattering is None
    assert (found.verdict.answer, found.verdict.grounds) == ("cannot_tell", "no_later")
    older = release([criterion("X2", small(60))], "2023-06-30", identity="older")
    again = compare_releases([entry(older, own, economics=COSTLY), entry(reviewed, own, economics=COSTLY)])[0]
    assert again.flattering is None, "all were decided before the older one was made"


def test_later_accounts_that_show_nothing_are_not_overruled_by_flattered_ones() -> None:
    own = settled(600, 2, keeps=0.9, keeps_small=0.95, day="2023-09-30")
    assert _judged(settled(300, 3, keeps=0.9, keeps_small=0.72), own).verdict.grounds == "within_range"


def test_accounts_decided_between_the_two_are_not_later() -> None:
    found = _judged(settled(600, 1, keeps=0.9, keeps_small=0.05, day="2023-12-31"))
    assert found.later is None
    assert found.verdict.grounds == "no_later"


def test_too_few_won_apart_cannot_be_told() -> None:
    later = settled(600, 1, keeps=0.9, keeps_small=0.05)
    few = pd.concat([later[later["size"] >= 60], later[later["size"] < 60].head(40)], ignore_index=True)
    assert _judged(few).verdict.grounds == "too_few_later"


def test_without_economics_the_missing_key_is_the_reason() -> None:
    verdict = _judged(settled(600, 1), economics=None).verdict
    assert verdict.grounds == "no_money"
    assert verdict.facts["keys"] == ["economics.acquisition_cost"]


def test_releases_that_refuse_the_same_make_no_difference_in_money() -> None:
    pursue = release([criterion("C1", small(60), "include")], "2023-06-30", points={"C1": 20}, identity="second")
    entries = [entry(EVERYBODY, None), entry(pursue, OLD)]
    found = compare_releases(entries, population(settled(600, 1), "2026-06-30"), ECONOMICS)[0]
    assert found.verdict.grounds == "same_choices"


def test_the_later_accounts_of_a_third_release_judge_the_first_two() -> None:
    third = population(settled(600, 1, keeps=0.9, keeps_small=0.05), "2026-06-30", "release three")
    newest = release([criterion("X1", small(60))], "2026-06-30", identity="three")
    entries = [entry(EVERYBODY, None, economics=COSTLY), entry(NOT_SMALL, OLD, economics=COSTLY)]
    first, second = compare_releases([*entries, entry(newest, third, economics=COSTLY)])
    assert (first.verdict.answer, first.later_from) == ("adopt", "release three")
    assert second.verdict.grounds == "no_later"


def test_releases_of_two_companies_are_not_compared() -> None:
    other = release([], name="globex")
    with pytest.raises(DataError, match=r"'acme' and .* one of 'globex'; give releases of one company"):
        compare_releases([entry(EVERYBODY, OLD), entry(other, OLD)])


def test_where_no_release_carries_its_accounts_it_is_said_what_to_do() -> None:
    with pytest.raises(DataError, match="--on CONFIG"):
        compare_releases([entry(EVERYBODY, None), entry(NOT_SMALL, None)])
