import math

import numpy as np
import pandas as pd

from icp_ml.conditions import Condition, Rule
from icp_ml.config.schema import Attribute
from icp_ml.criteria.region import Region, levels_of

FRAME = pd.DataFrame({"n": [1.0, 40.0, 500.0, 501.0, np.nan], "c": ["a", "b", "c", "a", None]})
SPECS = {"n": Attribute(type="number"), "c": Attribute(type="category")}


def test_bounds_on_one_number_become_one_condition_with_both_ends_counted():
    region = Region().added(Condition("n", "at_least", 40.0), {}).added(Condition("n", "below", 501.0), {})
    assert region.to_rule(FRAME, SPECS) == Rule((Condition("n", "between", (40.0, 500.0)),))


def test_a_region_and_its_rule_hold_for_the_same_accounts():
    levels = levels_of(FRAME, SPECS)
    region = Region({"n": (40.0, math.inf)}).added(Condition("c", "not_in", ("b",)), levels)
    assert region.to_rule(FRAME, SPECS).mask(FRAME).tolist() == [False, False, True, True, False]
    assert region.mask(FRAME).tolist() == [False, False, True, True, False]


def test_most_levels_are_said_by_what_is_left_out():
    region = Region(levels={"c": frozenset("ac")})
    assert region.to_rule(FRAME, SPECS).conditions == (Condition("c", "not_in", ("b",)),)


def test_a_dropped_part_is_gone_and_the_rest_stays():
    region = Region({"n": (1.0, 2.0)}, {"c": frozenset("a")}, (Condition("b", "is", True),))
    assert region.size == 3
    assert region.without("n") == Region({}, {"c": frozenset("a")}, (Condition("b", "is", True),))
    assert region.without(Condition("b", "is", True)).fixed == ()
