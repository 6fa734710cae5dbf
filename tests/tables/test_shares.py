"""Tables cut into shares by account hold, together, what the whole holds."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from icp_ml.cohort.build import build_cohort
from icp_ml.config.loading import load_config
from icp_ml.errors import ConfigError, DataError
from icp_ml.models.history import churn_records
from icp_ml.sample import write_sample
from icp_ml.tables.reading import read_tables
from icp_ml.tables.shares import read_share, split_tables

ROOT = Path(__file__).parents[2]
SHARES = 4


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """The example's config on a small sample, with the day the data ends on."""
    folder = tmp_path_factory.mktemp("shares")
    write_sample(folder / "crm", accounts=600, seed=3)
    text = (ROOT / "configs" / "sample.yaml").read_text(encoding="utf-8")
    (folder / "icp.yaml").write_text(text.replace("../data/sample", "crm"), encoding="utf-8")
    return load_config(folder / "icp.yaml"), folder


def test_shares_hold_together_what_the_whole_holds(sample: Any, tmp_path: Path) -> None:
    config, folder = sample
    split = split_tables(config, folder, tmp_path, 150)
    assert split.shares == SHARES
    assert split.accounts == 600
    parts = [read_share(split, share) for share in range(SHARES)]
    assert min(len(part.accounts) for part in parts) > 100
    whole = read_tables(config, folder)
    for name, key in (("accounts", ["account_id"]), ("signals", ["account_id", "signal", "occurred_at", "value"])):
        together = pd.concat([getattr(part, name) for part in parts]).sort_values(key, kind="stable")
        expected = getattr(whole, name).sort_values(key, kind="stable")
        pd.testing.assert_frame_equal(together.reset_index(drop=True), expected.reset_index(drop=True))
    names = [name for name, spec in config.attributes.items() if spec.use == "feature"]
    found = churn_records(build_cohort(whole, config), names)
    records = [churn_records(build_cohort(part, config), names) for part in parts]
    by_account = pd.concat([_told(one) for one in records]).loc[found.frame.index]
    pd.testing.assert_frame_equal(by_account, _told(found))


def _told(records: Any) -> pd.DataFrame:
    target = records.target
    return records.frame.assign(
        time=target.time, event=target.event, entry=target.entry, begun=records.begun, ended=records.ended
    )


def test_the_same_accounts_always_come_first(sample: Any, tmp_path: Path) -> None:
    config, folder = sample
    (tmp_path / "one").mkdir()
    (tmp_path / "two").mkdir()
    one = read_share(split_tables(config, folder, tmp_path / "one", 150), 0)
    two = read_share(split_tables(config, folder, tmp_path / "two", 150), 0)
    pd.testing.assert_frame_equal(one.accounts, two.accounts)


def test_what_memory_holds_is_not_cut(sample: Any, tmp_path: Path) -> None:
    config, folder = sample
    assert split_tables(config, folder, tmp_path, 600) is None
    assert list(tmp_path.iterdir()) == []


def _many(company: Any, ids: list[str], spelled: list[str]) -> None:
    company.write(
        accounts_csv="account_id,industry\n" + "".join(f"{i},a\n" for i in ids),
        subscriptions_csv="account_id,started_at,ended_at,arr\n" + "".join(f"{i},2024-01-01,,1\n" for i in spelled),
    )


def _split(company: Any, folder: Path, config: str = "as_of: 2025-01-01") -> Any:
    folder.mkdir()
    return split_tables(load_config(company._config(config, "{industry: {type: category}}")), company.folder, folder, 5)


SALESFORCE = [f"001D0000{letter}00IqhS" for letter in "abcdefghijklmnop"]


@pytest.mark.parametrize(
    ("ids", "spell"),
    [
        (SALESFORCE, lambda i: i + "IAS"),
        ([str(n) for n in range(100, 130)], lambda i: i + ".0"),
        ([f"A{n}" for n in range(30)], lambda i: f" {i} "),
    ],
    ids=["eighteen characters", "numbers", "outer spaces"],
)
def test_every_spelling_of_an_id_lies_in_the_share_of_its_account(
    company: Any, tmp_path: Path, ids: list[str], spell: Any
) -> None:
    _many(company, ids, [f'"{spell(i)}"' for i in ids])
    split = _split(company, tmp_path / "shares")
    parts = [read_share(split, share) for share in range(split.shares)]
    assert split.shares > 2
    for part in parts:
        assert sorted(part.subscriptions["account_id"]) == sorted(part.accounts["account_id"])
    assert sum(len(part.subscriptions) for part in parts) == len(ids)


def test_a_table_without_rows_in_a_share_is_there_and_empty(company: Any, tmp_path: Path) -> None:
    ids = [f"A{n}" for n in range(30)]
    _many(company, ids, ids)
    company.write(signals_csv="account_id,signal,occurred_at,value\nA1,login,2024-02-01,1\n")
    split = _split(company, tmp_path / "shares")
    lengths = [len(read_share(split, share).signals) for share in range(split.shares)]
    assert sorted(lengths) == [0] * (split.shares - 1) + [1]


def test_without_the_last_day_nothing_is_cut(company: Any, tmp_path: Path) -> None:
    ids = [f"A{n}" for n in range(30)]
    _many(company, ids, ids)
    with pytest.raises(ConfigError, match="as_of must be given where 30 accounts are read in shares of 5"):
        _split(company, tmp_path / "shares", "")


def test_accounts_found_by_lists_of_ids_cannot_be_cut(company: Any, tmp_path: Path) -> None:
    ids = [f"A{n}" for n in range(30)]
    _many(company, ids, ids)
    listed = "as_of: 2025-01-01\ntables: {subscriptions: {lists: {account_id: ';'}}}"
    with pytest.raises(ConfigError, match=r"account ids must stand in one column .* \(subscriptions\)"):
        _split(company, tmp_path / "shares", listed)


def test_a_defect_of_one_share_is_told_with_its_row(company: Any, tmp_path: Path) -> None:
    ids = [f"A{n}" for n in range(30)]
    company.write(
        accounts_csv="account_id,industry\n" + "".join(f"{i},a\n" for i in ids),
        subscriptions_csv="account_id,started_at,ended_at,arr\n"
        + "".join(f"{i},{'soon' if i == 'A7' else '2024-01-01'},,1\n" for i in ids),
    )
    split = _split(company, tmp_path / "shares")
    told = []
    for share in range(split.shares):
        try:
            read_share(split, share)
        except DataError as err:
            told.append(str(err))
    assert len(told) == 1
    assert "row 9" in told[0]
    assert "soon" in told[0]
