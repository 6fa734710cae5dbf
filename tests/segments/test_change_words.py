from __future__ import annotations

import numpy as np

from icp_ml.segments.change_words import Named, change_words
from icp_ml.segments.transitions import Change

OLD = Named(("S1", "S2"), ("Small", "Large"), ((), ()))
NEW = Named(("S1", "S5"), ("Small", "Huge"))


def told(kind, before, now, counts, old=OLD, new=NEW):
    return change_words(Change(kind, before, now), np.array(counts), old, new)


def test_a_segment_that_is_the_same_is_told_with_its_accounts():
    assert told("kept", (0,), (0,), [[240, 0], [0, 0]]) == "S1 “Small” is the same, with the same 240 accounts."
    but = told("kept", (0,), (0,), [[98, 2], [1, 0]])
    assert but == "S1 “Small” is the same but for a few: 2 of its 100 accounts left, 1 joined."


def test_a_boundary_that_moved_is_told_with_the_rule_of_before():
    new = Named(("S1",), ("Tiny",))
    words = told("moved", (0,), (0,), [[1200, 300], [10, 0]], new=new)
    assert words == "S1 “Tiny” moved: 300 of its 1,500 accounts left, 10 joined. Its rule was “Small”."


def test_a_segment_that_others_took_accounts_from_is_told_as_such():
    words = told("moved", (0,), (0,), [[80, 20], [0, 0]])
    assert words.endswith("Its rule is the same, but the rules that are tried before it are not.")


def test_a_split_names_the_parts():
    words = told("split", (0,), (0, 1), [[60, 30, 10], [0, 0, 0], [0, 5, 0]])
    assert words == (
        "S1 “Small” split into S1 “Small” (60 accounts) and S5 “Huge” (35 accounts). "
        "90 of its 100 accounts are in these."
    )


def test_a_merge_names_what_it_was():
    words = told("merged", (0, 1), (1,), [[0, 60, 0], [0, 40, 0], [0, 0, 0]])
    assert words == "S1 “Small” and S2 “Large” are one segment now: S5 “Huge”, 100 accounts, all of them from these."


def test_a_new_segment_says_where_its_accounts_were():
    new = told("born", (), (1,), [[0, 60, 0], [0, 10, 0], [0, 30, 0]])
    assert new == "S5 “Huge” is new, with 100 accounts. 60 of its 100 accounts were in S1 before."
    none = told("born", (), (1,), [[0, 0, 0], [0, 0, 0], [0, 30, 0]])
    assert none == "S5 “Huge” is new, with 30 accounts. All of these accounts were in no segment before."


def test_a_segment_that_is_gone_says_where_its_accounts_are_or_why_nobody_knows():
    gone = told("died", (1,), (), [[0, 0, 0], [0, 1, 99], [0, 0, 0]])
    assert gone == "S2 “Large” is gone. 99 of its 100 accounts are in no segment now."
    empty = told("died", (1,), (), [[0, 0, 0], [0, 0, 0], [0, 0, 0]])
    assert empty == "S2 “Large” is gone: no account falls to it any more."
    old = Named(("S1", "S2"), ("Small", "Large"), ((), ("use_case",)))
    lost = told("died", (1,), (), [[0, 0, 0], [0, 0, 0], [0, 0, 0]], old)
    assert lost == "S2 “Large” is gone: the data no longer has use case as its rule needs it."
