"""Whether a release knows the accounts that come now: what its gate asks before it may become the champion."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from icp_ml.cohort.cohort import Cohort
from icp_ml.cohort.months import add_months, to_days
from icp_ml.conditions import AttributeLike
from icp_ml.drift.population import population_drift, unseen_shares
from icp_ml.drift.profile import profile_population

MONTHS = 3
_LEAST_ACCOUNTS = 20
_LEAST_UNSEEN = 5
"""Accounts with an unseen level before it counts; the models pool rarer levels anyway."""


def newcomers(cohort: Cohort, attributes: Mapping[str, AttributeLike], met: pd.Series) -> dict[str, Any]:
    """Compare the accounts of the last three months with those of before, and those to score with those learned from.

    Parameters
    ----------
    cohort : Cohort
        What the release was made from.
    attributes : mapping of str to Attribute
        What models and criteria may use.
    met : Series of datetime64
        Day each account came in, by ``account_id``; see :func:`icp_ml.drift.reference.met_on`.

    Returns
    -------
    dict
        JSON-ready: ``alarm`` (None where there are too few to tell), ``sentences`` (what differs), ``told`` (what was
        compared), ``to_score`` (undecided accounts) and ``unseen``: by attribute the ``share`` of these with a level
        that no decided account had, and whether they are ``enough`` to count.
    """
    return {**_arrivals(cohort, attributes, met), **_unseen(cohort, attributes)}


def _arrivals(cohort: Cohort, attributes: Mapping[str, AttributeLike], met: pd.Series) -> dict[str, Any]:
    edge = add_months(np.array([cohort.as_of], dtype="datetime64[D]"), np.array([-MONTHS]))[0]
    days = to_days(met.reindex(cohort.attributes.index))
    late, early = days > edge, days <= edge
    told = f"{late.sum():,} accounts that came in after {edge}, beside {early.sum():,} of before"
    if min(late.sum(), early.sum()) < _LEAST_ACCOUNTS:
        return {"alarm": None, "sentences": [], "told": f"too few to tell: {told}"}
    frame = cohort.attributes[list(attributes)]
    profile = profile_population(frame[early], attributes, days[early], edge)
    drift = population_drift(profile, frame[late], attributes)
    verdict = "differ beyond chance" if drift.alarm else "no difference beyond chance"
    return {"alarm": drift.alarm, "sentences": list(drift.sentences), "told": f"{told}: {verdict}"}


def _unseen(cohort: Cohort, attributes: Mapping[str, AttributeLike]) -> dict[str, Any]:
    learned = cohort.decided | cohort.customers
    names = list(attributes)
    profile = profile_population(cohort.attributes.loc[learned, names], attributes)
    waiting = cohort.latest.loc[~learned, names]
    shares = unseen_shares(profile, waiting, attributes) if len(waiting) else {}
    return {
        "to_score": len(waiting),
        "unseen": {
            name: {"share": share, "enough": round(share * len(waiting)) >= _LEAST_UNSEEN}
            for name, share in shares.items()
            if share > 0
        },
    }
