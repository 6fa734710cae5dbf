"""The sample as the contract's four tables, every cell as text."""

from __future__ import annotations

import numpy as np
import pandas as pd

from icp_ml.sample import names, plan
from icp_ml.sample.accounts import Population, draw_population
from icp_ml.sample.calendar_days import AS_OF, FIRST_DAY, NEVER, day_number, iso
from icp_ml.sample.contracts import Contracts, draw_contracts
from icp_ml.sample.deals import Decisions, decide, new_deals
from icp_ml.sample.draws import Draws
from icp_ml.sample.events import draw_signals
from icp_ml.sample.truth import Truth, describe_regions, describe_rule

_DOLLAR_REGION = "North America"


def make_sample(draws: Draws, accounts: int) -> tuple[dict[str, pd.DataFrame], Truth]:
    """Return the four tables by name, cells as text and empty where missing, and what was planted."""
    population = draw_population(draws, accounts)
    planted = plan.true_probabilities(population.true)
    decisions = decide(draws, population, planted)
    contracts = draw_contracts(draws, decisions, planted)
    excluded = (planted["churn"] > 0.3).to_numpy()
    employees = population.true["employee_count"].to_numpy()
    signals = draw_signals(draws, contracts, decisions.pull, employees, excluded)
    ids = population.true.index.to_numpy(dtype=object)
    currency = np.where(population.true["region"] == _DOLLAR_REGION, "USD", "EUR").astype(object)
    tables = {
        "accounts": _accounts_table(population, _csm_health(draws, accounts, contracts)),
        "opportunities": _opportunities_table(draws, population, decisions, contracts, ids, currency),
        "subscriptions": _subscriptions_table(contracts, ids, currency),
        "signals": _signals_table(signals, ids),
    }
    return tables, _truth(draws.seed, population, planted, contracts, tables)


def _accounts_table(population: Population, csm_health: np.ndarray) -> pd.DataFrame:
    """Write each attribute as the CRM knows it, and the post-sale column beside it."""
    columns: dict[str, object] = {"account_id": population.known.index.to_numpy(dtype=object), "name": population.name}
    columns["website"] = population.website
    for attribute in population.known.columns:
        columns[attribute] = _cells(population.known[attribute])
    columns[plan.MISLEADING_COLUMN] = csm_health
    return pd.DataFrame(columns)


def _cells(column: pd.Series) -> np.ndarray:
    """Write numbers as whole numbers, booleans as true and false, tags joined by semicolons."""
    missing = column.isna().to_numpy()
    if isinstance(column.dtype, pd.BooleanDtype):
        text = np.where(column.fillna(False).to_numpy(dtype=bool), "true", "false").astype(object)
    elif pd.api.types.is_float_dtype(column):
        text = column.fillna(0).to_numpy().astype(np.int64).astype(str).astype(object)
    else:
        text = np.array([";".join(v) if isinstance(v, tuple) else v for v in column], dtype=object)
    return np.where(missing, "", text)


def _csm_health(draws: Draws, n: int, contracts: Contracts) -> np.ndarray:
    """Return the misleading column: kept by customer success, so only for customers, and red for those who left."""
    left = contracts.ended < NEVER
    usual = draws.pick("csm_health", ("green", "amber", "red"), len(left), (0.72, 0.22, 0.06))
    after = draws.pick("csm_health left", ("green", "amber", "red"), len(left), (0.04, 0.16, 0.8))
    filled = draws.chance("csm_health filled", 0.97, len(left))
    health = np.full(n, "", dtype=object)
    health[contracts.account] = np.where(filled, np.where(left, after, usual), "")
    return health


def _opportunities_table(
    draws: Draws,
    population: Population,
    decisions: Decisions,
    contracts: Contracts,
    ids: np.ndarray,
    currency: np.ndarray,
) -> pd.DataFrame:
    """Write all deals, oldest first, numbered in that order."""
    deals = pd.concat([new_deals(draws, population, decisions), contracts.deals], ignore_index=True)
    deals = deals.sort_values(["created", "account", "kind"], kind="stable", ignore_index=True)
    account, n = deals["account"].to_numpy(), len(deals)
    territory = population.true["region"].to_numpy(dtype=object)[account]
    exception = deals["exception"].eq(True).to_numpy()
    offered = ((deals["kind"] == "new") & deals["outcome"].isin(["won", "lost"])).to_numpy()
    return pd.DataFrame(
        {
            "opportunity_id": [f"D{i:06d}" for i in range(1, n + 1)],
            "account_id": ids[account],
            "kind": deals["kind"],
            "created_at": iso(deals["created"].to_numpy()),
            "closed_at": iso(deals["closed"].to_numpy()),
            "outcome": deals["outcome"],
            "amount": deals["amount"].astype(str),
            "currency": currency[account],
            "term_months": "12",
            "services_amount": _whole_or_empty(deals["services"]),
            "discount_pct": np.where(offered, _whole_or_empty(deals["discount"], keep_zero=True), ""),
            "owner": names.owners(draws, "owner", territory),
            "territory": territory,
            "source": deals["source"].fillna(""),
            "loss_reason": np.where(deals["outcome"] == "open", "", deals["loss_reason"].fillna("")),
            "competitor": deals["competitor"].fillna(""),
            "exception_reason": np.where(exception, draws.pick("exception reason", names.EXCEPTION_REASONS, n), ""),
            "exception_approved_by": np.where(exception, draws.pick("approver", names.APPROVERS, n), ""),
        }
    )


def _whole_or_empty(column: pd.Series, keep_zero: bool = False) -> np.ndarray:
    whole = column.fillna(0).to_numpy().astype(np.int64)
    empty = column.isna().to_numpy() | ((whole == 0) & (not keep_zero))
    return np.where(empty, "", whole.astype(str).astype(object))


def _subscriptions_table(contracts: Contracts, ids: np.ndarray, currency: np.ndarray) -> pd.DataFrame:
    """Write all contract periods by account and start."""
    periods = contracts.periods.sort_values(["account", "started"], kind="stable", ignore_index=True)
    account = periods["account"].to_numpy()
    return pd.DataFrame(
        {
            "account_id": ids[account],
            "started_at": iso(periods["started"].to_numpy()),
            "ended_at": iso(periods["ended"].to_numpy()),
            "arr": periods["arr"].astype(str),
            "currency": currency[account],
            "end_reason": periods["end_reason"],
        }
    )


def _signals_table(signals: pd.DataFrame, ids: np.ndarray) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "account_id": ids[signals["account"].to_numpy()],
            "occurred_at": iso(signals["day"].to_numpy()),
            "signal": signals["signal"],
            "value": signals["value"],
        }
    )


def _truth(
    seed: int, population: Population, planted: pd.DataFrame, contracts: Contracts, tables: dict[str, pd.DataFrame]
) -> Truth:
    """Describe what was planted, by what the CRM knows."""
    known = population.known
    rules, segments = describe_regions(known, planted)
    trigger = describe_rule("uses Zendesk", "pull", plan.PULL_TRIGGER, "Support pain today.", known, planted)
    unsupported = describe_rule(
        "Southern Europe",
        "unsupported",
        plan.UNSUPPORTED_EXCLUSION,
        "An old habit; the data shows no difference.",
        known,
        planted,
    )
    started_long_ago = contracts.started <= day_number(AS_OF) - 396
    return Truth(
        accounts=len(known),
        seed=seed,
        first_day=FIRST_DAY.isoformat(),
        as_of=AS_OF.isoformat(),
        exclusions=tuple(r for r in rules if r.kind == "exclude"),
        criteria=tuple(r for r in rules if r.kind == "include"),
        segments=segments,
        pull_triggers=(trigger,),
        unsupported_exclusions=(unsupported,),
        noise_attributes=plan.NOISE_ATTRIBUTES,
        proxy_attributes=dict(plan.PROXY_ATTRIBUTES),
        misleading_column=plan.MISLEADING_COLUMN,
        counts={
            "customers": len(contracts.account),
            "customers_followed_a_year": int(started_long_ago.sum()),
            **{name: len(table) for name, table in tables.items()},
        },
    )
