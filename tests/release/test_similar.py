"""Past accounts like one: who stayed, who left, the most alike first, never the account itself."""

from __future__ import annotations

import datetime as dt
import shutil

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest

from icp_ml.cohort.cohort import Cohort
from icp_ml.config.schema import Attribute
from icp_ml.release.explaining import explain_account
from icp_ml.release.folder import ATTRIBUTES, METRICS, Release, read_json
from icp_ml.release.frames import typed_frame
from icp_ml.release.kept_cohort import kept_cohort
from icp_ml.release.similar import most_alike, similar_accounts

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def release(discovered):
    return Release.load(discovered)


@pytest.fixture(scope="module")
def cohort(release):
    return kept_cohort(release).cohort


def _row(release, identity):
    return typed_frame(release.table(ATTRIBUTES, identity), release.attributes, [identity])


def test_those_that_stayed_reached_the_horizon_and_those_that_left_did_within_it(release, cohort):
    identity = cohort.accounts.index[cohort.customers][0]
    found = similar_accounts(identity, _row(release, identity), release)
    accounts = cohort.accounts
    for group, past in found.items():
        assert len(past) == 3
        assert [one["likeness"] for one in past] == sorted((one["likeness"] for one in past), reverse=True)
        for one in past:
            account = accounts.loc[one["account_id"]]
            assert one["account_id"] != identity
            assert account["is_customer"]
            left = account["churned"] and account["follow_up_months"] <= cohort.horizon
            assert left == (group == "left")
            assert left or account["follow_up_months"] >= cohort.horizon


def test_an_account_is_most_like_one_with_the_same_values(release, cohort):
    accounts = cohort.accounts
    stayed = cohort.customers & (accounts["follow_up_months"] > cohort.horizon) & ~accounts["churned"]
    twin = accounts.index[stayed][5]
    found = similar_accounts("somebody new", cohort.attributes.loc[[twin]], release)["stayed"]
    assert found[0]["likeness"] == 1.0
    same = {one["account_id"] for one in found if one["likeness"] == 1.0}
    assert twin in same or len(same) == 3


def test_what_the_models_do_not_rest_on_does_not_count(release, cohort):
    identity = cohort.accounts.index[0]
    row = _row(release, identity)
    rests = {r["attribute"] for r in _importance(release, "churn") + _importance(release, "win") if r["mean_abs_shap"]}
    idle = [name for name, spec in release.attributes.items() if name not in rests and spec.type == "number"]
    for name in idle:
        other = row.assign(**{name: 1e9})
        assert similar_accounts(identity, other, release) == similar_accounts(identity, row, release)
    (used,) = [n for n, s in release.attributes.items() if n in rests and s.type == "number" and n == "employee_count"]
    assert similar_accounts(identity, row.assign(**{used: 1e9}), release) != similar_accounts(identity, row, release)


def test_many_accounts_at_once_are_told_the_same_as_each_alone(release, cohort, monkeypatch):
    monkeypatch.setattr("icp_ml.release.similar._BLOCK", 7)
    some = cohort.accounts.index[::97]
    frame = typed_frame(release.table(ATTRIBUTES), release.attributes, cohort.accounts.index).loc[some]
    models = read_json(release.folder / METRICS)["models"]
    alike = most_alike(frame, cohort, release.attributes, models)
    for i, identity in enumerate(some):
        for group, past in similar_accounts(identity, frame.iloc[[i]], release).items():
            assert [one["account_id"] for one in past] == cohort.accounts.index[alike[group].at[i]].tolist()
            assert [one["likeness"] for one in past] == alike[group].likeness[i].tolist()


PAST = {
    # Rank of 10, 20, 30, 40 among four: 0, 1/4, 2/4, 3/4.
    "people": pd.Series([10.0, 20.0, 30.0, np.nan, 40.0]),
    "level": pd.Series(["a", "b", None, "a", "a"], dtype="str"),
    "flag": pd.Series([True, False, True, pd.NA, True], dtype="boolean"),
    "tags": pd.Series([("x", "y"), ("x",), (), ("y",), None], dtype="object"),
}
APART = {
    "people": [0.25, 0, 0.25, 0.5, 0.5],
    "level": [0, 1, 0.5, 0, 0],
    "flag": [0, 1, 0, 0.5, 0],
    "tags": [0, 0.5, 1, 0.5, 0.5],
}
NONE_KNOWN = {
    "people": [0.5, 0.5, 0.5, 0, 0.5],
    "level": [0.5, 0.5, 0, 0.5, 0.5],
    "flag": [0.5, 0.5, 0.5, 0, 0.5],
    "tags": [0.5, 0.5, 0.5, 0.5, 0],
}
KINDS = {"people": "number", "level": "category", "flag": "boolean", "tags": "tags"}


def _stayed(name, past, value):
    """Return the past customers most like one, all of whom stayed, by one attribute."""
    frame = pd.Series([value], dtype=past.dtype).to_frame(name).set_axis(["new"])
    accounts = pd.DataFrame(index=[f"a{i}" for i in range(len(past))])
    accounts["is_customer"], accounts["churned"], accounts["follow_up_months"] = True, False, 24.0
    known = pd.DataFrame({name: past.array}, index=accounts.index)
    day = dt.date(2026, 6, 30)
    cohort = Cohort(accounts, known, known, 12, day, day, True, True, "EUR")
    return most_alike(frame, cohort, {name: Attribute(type=KINDS[name])}, {})["stayed"]


@pytest.mark.parametrize(
    ("values", "apart"),
    [({"people": 20.0, "level": "a", "flag": True, "tags": ("y", "x")}, APART), (dict.fromkeys(KINDS), NONE_KNOWN)],
)
@pytest.mark.parametrize("name", KINDS)
def test_how_far_apart_accounts_are(values, apart, name):
    found = _stayed(name, PAST[name], values[name])
    nearest = sorted(range(5), key=lambda i: (apart[name][i], i))[:3]
    assert found.at.tolist() == [nearest]
    assert found.likeness[0] == pytest.approx([1 - apart[name][i] for i in nearest])


def test_what_is_less_than_half_alike_is_not_named():
    past = pd.Series(["b", "a", "b"], dtype="str")
    assert _stayed("level", past, "a").at.tolist() == [[1, -1, -1]]
    tags = pd.Series([("x", "y", "z"), ("x", "y"), ("y",)], dtype="object")
    assert _stayed("tags", tags, ("x",)).at.tolist() == [[1, -1, -1]], "a third in common is too little, a half is not"


def _importance(release, outcome):

    return read_json(release.folder / METRICS)["models"].get(outcome, {}).get("importance") or []


def test_a_release_of_before_is_explained_without_them(discovered, tmp_path):

    folder = shutil.copytree(discovered, tmp_path / "old")
    table = pq.read_table(folder / "cohort.parquet").replace_schema_metadata(None)
    pq.write_table(table, folder / "cohort.parquet")
    told = explain_account(table.column("account_id")[0].as_py(), Release.load(folder))
    assert "an earlier version wrote it" in told.similar["absent"]
    assert "Like it" not in told.as_text()
