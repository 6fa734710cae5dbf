"""Cohorts to ask "what if" of, and what the page's own program answers on Node."""

from __future__ import annotations

import datetime as dt
import json
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pandas as pd

import icp_ml.report
from icp_ml.cohort.cohort import Cohort
from icp_ml.conditions import Condition, Rule

PROGRAM = Path(icp_ml.report.__file__).parent / "templates" / "what_if_figures.js"
NO_NODE = shutil.which("node") is None
SMALL = Rule((Condition("size", "below", 40.0),))
SAAS = Rule((Condition("industry", "in", ("saas",)),))
SHOP = Rule((Condition("industry", "in", ("shop",)), Condition("size", "at_least", 20.0)))
BIG = Rule((Condition("size", "at_least", 70.0),))
_HORIZON = 12


def criteria(base: int = 60, rules=(("X1", SMALL, -25), ("X2", SHOP, -12), ("C1", SAAS, 18), ("C2", BIG, 9))) -> dict:
    """Return what is read of a ``criteria.json``; the last rule was rejected."""
    entries = [
        {"id": name, "kind": "exclude" if name[0] == "X" else "include", "status": "proposed", "text": rule.text(),
         "when": rule.jsonlogic()} for name, rule, _ in rules
    ]  # fmt: skip
    entries[-1]["status"] = "rejected"
    items = [{"criterion": n, "when": r.jsonlogic(), "points": points, "text": r.text()} for n, r, points in rules]
    # A second line of a criterion, on a condition of its own, and one without points.
    items.append({"criterion": "C1", "when": BIG.jsonlogic(), "points": 7, "text": BIG.text()})
    items.append({"criterion": "C1", "when": SMALL.jsonlogic(), "points": 0, "text": SMALL.text()})
    return {
        "release_id": "2026-06-30-aa", "currency": "EUR", "criteria": entries, "review": None,
        "scorecard": {"target": "won_and_kept", "base": base, "items": items},
        "tiers": {"green": 70, "red": 50, "actions": {}},
    }  # fmt: skip


def cohort(accounts: pd.DataFrame, attributes: pd.DataFrame, latest: pd.DataFrame | None = None, **more) -> Cohort:
    day = dt.date(2026, 6, 30)
    known = {"has_wins": True, "has_churn": True, "currency": "EUR"} | more
    return Cohort(accounts, attributes, attributes if latest is None else latest, _HORIZON, day, day, **known)


def world(
    n: int = 600, seed: int = 0, late: float = 0.0, no_arr: float = 0.0, young: float = 0.3, cents: bool = False,
    churn: float = 0.3, whole: bool = False, has_churn: bool = True, has_wins: bool = True, new_saas: float = 0.0,
    alike: bool = False, leaving_saas: bool = False, anniversary: float = 0.0,
) -> Cohort:  # fmt: skip
    """Return accounts of all kinds: lost, won, open, refused; customers churned, censored, late, of unknown revenue.

    Parameters
    ----------
    late, no_arr, young : float
        Shares of customers under observation only later, of unknown revenue, and not followed to the horizon.
    cents : bool
        Whether revenue has cents.
    churn : float
        Share that leaves in a year or so.
    whole : bool
        Whether times are whole months, so that many happen at the same time, at the horizon too.
    new_saas : float
        Share of one industry's customers that was followed for half the horizon at most.
    alike : bool
        Whether all that stay pay a tenth more.
    leaving_saas : bool
        Whether one industry's customers all leave, none of them censored.
    anniversary : float
        Share that leaves on the very day of the horizon.
    """
    rng = np.random.default_rng(seed)
    index = pd.Index([f"a{i}" for i in range(n)], name="account_id")
    attributes = _attributes(rng, index)
    latest = attributes.assign(size=np.where(rng.random(n) < 0.2, rng.integers(1, 100, n), attributes["size"]))
    status = rng.choice(["customer", "lost", "open", "never worked", "refused"], n, p=[0.45, 0.35, 0.1, 0.05, 0.05])
    customer = (status == "customer") & (rng.random(n) < 0.97)  # some won deals have no contract
    months = np.where(rng.random(n) < young, rng.uniform(0, 12, n), rng.uniform(12, 40, n))
    new = (rng.random(n) < new_saas) & (attributes["industry"] == "saas").to_numpy()
    months = np.where(new, rng.uniform(0, 6, n), months)
    leaves = rng.exponential(_HORIZON / max(churn, 1e-9), n)
    doomed = leaving_saas & (attributes["industry"] == "saas").to_numpy()
    leaves = np.where(doomed, rng.uniform(1, 10, n), leaves)
    months = np.where(doomed, 24.0, months)
    last_day = rng.random(n) < anniversary
    leaves, months = np.where(last_day, float(_HORIZON), leaves), np.where(last_day, 24.0, months)
    churned = customer & (leaves <= months)
    time = np.where(churned, leaves, months)
    time = np.ceil(time) if whole else np.round(time * 31) / 31
    entry = np.where(rng.random(n) < late, np.round(rng.uniform(0, 20, n)), 0.0)
    start = np.where(rng.random(n) < no_arr, np.nan, np.round(rng.lognormal(9, 1, n), 2 if cents else 0))
    end = np.where(rng.random(n) < 0.5, start, np.round(start * rng.uniform(0.5, 1.6, n), 2 if cents else 0))
    end = np.where(rng.random(n) < 0.03, np.nan, np.where(rng.random(n) < 0.03, 0.0, end))
    if alike:
        start = np.round(start / 10) * 10
        end = np.round(start * 1.1)
    lost = churned & (time <= _HORIZON)
    nrr = np.where(lost, 0.0, np.where(time >= _HORIZON, end / start, np.nan))
    never = np.full(n, np.nan)
    accounts = pd.DataFrame(
        {
            "status": status,
            "outcome": pd.Series(np.where(status == "customer", "won", "lost"), index=index).where(
                np.isin(status, ["customer", "lost"])
            ),
            "is_customer": customer,
            "follow_up_months": np.where(customer, time, never),
            "entry_months": np.where(customer, np.where(has_churn, entry, 0.0), never),
            "churned": churned,
            "arr_start": np.where(customer, start, never),
            "nrr": np.where(customer, nrr, never),
            "grr": np.where(customer, np.minimum(nrr, 1.0), never),
            "arr_now": np.where(customer, np.where(churned, 0.0, start), never),
            "open_pipeline": np.where(rng.random(n) < 0.15, np.round(rng.lognormal(9, 1, n)), never),
            "amount": np.where(np.isin(status, ["customer", "lost"]), np.round(rng.lognormal(9, 1, n)), never),
        },
        index=index,
    )
    if not has_churn:
        for name in ("follow_up_months", "entry_months", "arr_start", "nrr", "grr", "arr_now"):
            accounts[name] = np.nan
        accounts[["is_customer", "churned"]] = False
    return cohort(accounts, attributes, latest, has_churn=has_churn, has_wins=has_wins)


def _attributes(rng: np.random.Generator, index: pd.Index) -> pd.DataFrame:
    n = len(index)
    size = pd.Series(rng.integers(1, 100, n).astype(float), index=index).where(rng.random(n) < 0.95)
    industry = pd.Series(rng.choice(["saas", "shop", "farm"], n), index=index, dtype="str")
    return pd.DataFrame({"size": size, "industry": industry})


def node_answers(document: dict, choices: list[dict], folder: Path) -> list[dict]:
    """Return what the page's program gives for each choice of active rules and edges."""
    (folder / "ask.json").write_text(json.dumps({"document": document, "choices": choices}), encoding="utf-8")
    script = """
const fs = require("fs");
const program = new Function(fs.readFileSync(process.argv[1], "utf8") + "; return WhatIf;")();
const { document, choices } = JSON.parse(fs.readFileSync(process.argv[2], "utf8"));
const doc = program.read(document);
process.stdout.write(JSON.stringify(choices.map((choice) => program.figures(doc, choice))));
"""
    asked = ["node", "-e", script, str(PROGRAM), str(folder / "ask.json")]
    done = subprocess.run(asked, check=True, capture_output=True, text=True, encoding="utf-8")
    return json.loads(done.stdout)
