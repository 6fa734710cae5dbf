from __future__ import annotations

from collections.abc import Callable

import pandas as pd

from icp_ml.conditions import Condition, Rule
from icp_ml.segments.consensus import central

FRAME = pd.DataFrame({"n": [float(v) for v in range(10)]})


def below(*values: float) -> list[Rule]:
    return [Rule((Condition("n", "below", float(v)),)) for v in values]


def fit_of(default: float, **fits: float) -> Callable[[list[Rule]], float]:
    """Return a fit that reads the cut-offs of ordered rules: ``f3_8`` is that of below 3, then below 8."""
    return lambda rules: fits.get("f" + "_".join(f"{r.conditions[0].value:.0f}" for r in rules), default)


def test_the_list_in_the_middle_of_samples_is_published_rather_than_the_one_that_fits_best_by_a_hair():
    again = [below(5), below(5), below(5), below(4), below(6)]
    assert central(below(7), again, fit_of(30.0, f7=31.0), FRAME, 6.0) == below(5)


def test_what_fits_clearly_best_stays_although_samples_differ():
    again = [below(5), below(5), below(5), below(4), below(6)]
    assert central(below(7), again, fit_of(30.0, f7=36.1), FRAME, 6.0) == below(7)
    assert central(below(7), again, fit_of(30.0, f7=36.0), FRAME, 6.0) == below(5)


def test_the_most_central_list_that_fits_about_as_well_is_taken_where_the_middle_one_does_not():
    # Below 5 agrees most with the others, but fits badly; below 6 is next.
    again = [below(5), below(5), below(6), below(4)]
    fit = fit_of(30.0, f8=31.0, f5=10.0, f4=10.0)
    assert central(below(8), again, fit, FRAME, 6.0) == below(6)


def test_of_lists_that_agree_alike_the_one_formed_on_all_accounts_is_published():
    assert central(below(4), [below(6)], fit_of(30.0), FRAME, 6.0) == below(4)


def test_each_list_may_cost_the_more_the_more_rules_it_has():
    again = [below(3, 6)] * 3
    assert central(below(2, 7), again, fit_of(30.0, f2_7=42.0), FRAME, 6.0) == below(3, 6)
    # Neither the whole list nor one rule by itself fits about as well.
    assert central(below(2, 7), again, fit_of(30.0, f2_7=42.1), FRAME, 6.0) == below(2, 7)


def test_one_rule_moves_to_the_middle_by_itself_where_the_list_as_a_whole_does_not():
    again = [below(3, 6), below(3, 9), below(3, 6)]
    fit = fit_of(0.0, f2_7=40.0, f3_7=39.0)
    assert central(below(2, 7), again, fit, FRAME, 6.0) == below(3, 7)


def test_rules_replaced_one_by_one_cost_no_more_together_than_one_may():
    again = [*[below(3)] * 3, *[below(8)] * 3]
    # The first costs 4; the second with it 5 more, 9 in all.
    fit = fit_of(0.0, f2_7=40.0, f3_7=36.0, f3_8=31.0)
    assert central(below(2, 7), again, fit, FRAME, 6.0) == below(3, 7)
    assert central(below(2, 7), again, fit, FRAME, 9.0) == below(3, 8)


def test_a_rule_of_a_sample_for_other_accounts_is_not_taken():
    # Below 2 and below 5 share 2 of 5 accounts: another region, however well it fits.
    fit = fit_of(0.0, f2_7=40.0, f5_7=40.0)
    assert central(below(2, 7), [below(5, 9)] * 3, fit, FRAME, 6.0) == below(2, 7)


def test_the_same_rule_is_not_published_twice():
    # The samples find one rule between the two, and to tell it twice costs little here.
    again = [below(6), below(6), below(6)]
    found = central(below(5, 7), again, fit_of(0.0, f5_7=40.0, f6_7=39.0, f6_6=39.0), FRAME, 6.0)
    assert found == below(6, 7)


def test_without_samples_or_without_rules_nothing_changes():
    assert central(below(4, 8), [], fit_of(30.0), FRAME, 6.0) == below(4, 8)
    assert central([], [], fit_of(30.0), FRAME, 6.0) == []
    assert central([], [[], [], []], fit_of(0.0), FRAME, 6.0) == []
