"""Every wrong input is one type, and a misspelt name brings up the nearest known one."""

from __future__ import annotations

import pytest

from icp_ml.errors import ConfigError, DataError, IcpError, LeakageError, NotEnoughDataError, nearest


@pytest.mark.parametrize("kind", [ConfigError, DataError, LeakageError, NotEnoughDataError])
def test_every_error_of_the_users_input_can_be_caught_as_one_type(kind):
    with pytest.raises(IcpError, match=r"^row 3$"):
        raise kind("row 3")


@pytest.mark.parametrize(
    ("name", "known", "expected"),
    [
        ("emplyee_count", ["industry", "employee_count"], " (did you mean 'employee_count'?)"),
        ("STAGENAME", ["StageName", "Amount"], " (did you mean 'StageName'?)"),
        ("churn", ["industry"], ""),
        ("anything", [], ""),
    ],
)
def test_the_nearest_name_is_offered_in_its_own_spelling_and_nothing_where_none_is_near(name, known, expected):
    assert nearest(name, known) == expected
