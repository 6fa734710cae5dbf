import numpy as np
import pandas as pd

from icp_ml.conditions import Condition, Rule
from icp_ml.criteria.identity import assign_ids, ids_before

FRAME = pd.DataFrame({"n": np.arange(100.0)})


def _old(identity: str, kind: str, below: float) -> dict:
    return {"id": identity, "kind": kind, "when": Rule((Condition("n", "below", below),)).jsonlogic()}


def test_first_rules_are_numbered_by_kind():
    masks = [FRAME["n"] < 10, FRAME["n"] > 50, FRAME["n"] < 20]
    assert assign_ids(["exclude", "include", "exclude"], masks, FRAME) == ["X1", "C1", "X2"]


def test_a_rule_of_the_same_accounts_keeps_its_id_and_a_new_one_gets_a_new_number():
    previous = {"criteria": [_old("X3", "exclude", 40.0), _old("X4", "exclude", 10.0)]}
    masks = [(FRAME["n"] > 70).to_numpy(), (FRAME["n"] < 42).to_numpy()]
    assert assign_ids(["exclude", "exclude"], masks, FRAME, previous) == ["X5", "X3"]


def test_a_number_is_never_given_again():
    previous = {"criteria": [], "retired_ids": ["C7"]}
    assert assign_ids(["include"], [(FRAME["n"] < 5).to_numpy()], FRAME, previous) == ["C8"]


def test_a_criterion_does_not_inherit_the_id_of_an_exclusion():
    previous = {"criteria": [_old("X1", "exclude", 40.0)]}
    assert assign_ids(["include"], [(FRAME["n"] < 40).to_numpy()], FRAME, previous) == ["C1"]


def test_ids_of_all_releases_before_are_remembered():
    previous = {"criteria": [_old("X2", "exclude", 4.0)], "retired_ids": ["C7", "X1"]}
    assert ids_before(previous) == ("C7", "X1", "X2")
    assert ids_before(None) == ()
