"""The other rule finders see what a practitioner has, and what they name is read in one way."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from packaging.requirements import Requirement

from benchmarks.peers import PEERS, Training, measure_peer, training_of
from benchmarks.worlds import make_world

ROOT = Path(__file__).resolve().parents[2]
INSTALLED = [pytest.param(p, id=p.name, marks=[] if p.version else pytest.mark.skip("not installed")) for p in PEERS]


def training(n=600):
    """Return customers of whom those below 40 people with a spreadsheet churn, half of them, and others hardly ever."""
    rng = np.random.default_rng(0)
    people = rng.integers(1, 200, n).astype(float)
    tools = [("spreadsheets",) if has else ("slack",) for has in rng.random(n) < 0.5]
    known = pd.DataFrame(
        {
            "people": np.where(rng.random(n) < 0.05, np.nan, people),
            "tools": tools,
            "funded": pd.array(rng.random(n) < 0.5, dtype="boolean"),
            "region": pd.Series(rng.choice(["north", "south"], n), dtype=object).mask(rng.random(n) < 0.1),
        }
    )
    bad = (people < 40) & np.array(["spreadsheets" in t for t in tools])
    return Training(known, rng.random(n) < np.where(bad, 0.6, 0.05))


@pytest.mark.parametrize("peer", INSTALLED)
def test_a_peer_finds_a_strong_region_and_gives_masks_on_other_accounts(peer):
    fresh = pd.DataFrame(
        {
            "people": [20.0, 150.0, 20.0, np.nan],
            "tools": [("spreadsheets",), ("slack",), ("slack",), ()],
            "funded": pd.array([True, False, pd.NA, True], dtype="boolean"),
            "region": pd.Series(["north", "south", np.nan, "new"], dtype=object),
        }
    )
    masks = peer.find(training(), fresh)
    assert 1 <= len(masks) <= 8
    assert all(mask.shape == (4,) and mask.dtype == bool for mask in masks)
    hit = np.any(masks, axis=0)
    assert hit[0]
    assert not hit[1]
    assert all((a == b).all() for a, b in zip(masks, peer.find(training(), fresh), strict=True))


@pytest.mark.parametrize("peer", INSTALLED)
def test_a_peer_runs_on_every_shape_of_attribute_a_world_has(peer):
    for kind in ("noise_correlated", "ordered", "missing", "proxies"):
        found = measure_peer(peer, make_world(kind, 1, accounts=600))
        assert ("f1" in found["exclude"]) == (found["planted_exclusions"] > 0)


@pytest.mark.parametrize("peer", INSTALLED)
def test_with_too_few_customers_a_peer_names_nothing(peer):
    found = measure_peer(peer, make_world("censored", 1, accounts=60))
    assert found["proposals"] == 0
    assert found["exclude"] == {"recall": 0.0, "f1": 0.0}


def test_practitioners_learn_from_customers_whose_first_year_has_passed():
    world = make_world("main_effects", 1, accounts=1000)
    learnt = training_of(world)
    table = world.cohort.accounts.loc[learnt.known.index]
    assert table["is_customer"].all()
    anniversary = table["started_at"] + pd.DateOffset(years=1)
    assert (anniversary <= pd.Timestamp(world.cohort.follow_up_until)).all()
    expected = (table["ended_at"] <= anniversary).to_numpy()
    assert (learnt.churned == expected).all()
    assert learnt.limit == pytest.approx(1.5 * expected.mean())


def test_the_peers_lock_holds_the_bench_group_and_no_version_of_the_main_lock_differs():
    def pins(path):
        blocks = re.split(r"\n(?=[A-Za-z0-9])", path.read_text(encoding="utf-8"))
        assert all("--hash=sha256:" in block for block in blocks)
        found: dict[str, set[str]] = {}
        for block in blocks:
            pin = Requirement(block.split("\\")[0].strip())
            supported = {"python_full_version": "3.11.9", "python_version": "3.11"}
            if pin.marker is None or pin.marker.evaluate(supported):
                found.setdefault(pin.name, set()).add(str(pin.specifier))
        return found

    main, peers = pins(ROOT / "requirements.lock"), pins(ROOT / "benchmarks" / "requirements.lock")
    assert {
        name: (main[name], versions) for name, versions in peers.items() if main.get(name, versions) != versions
    } == {}
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    assert {Requirement(line).name for line in project["dependency-groups"]["bench"]} <= set(peers)
    assert not {"catboost", "imodels", "lightgbm", "pysubgroup"} & set(main)
