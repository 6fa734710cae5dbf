"""Points of one more rule beside a scorecard that stays as it is: what a rule of a person's earns."""

from __future__ import annotations

import numpy as np
from scipy import special

from icp_ml.cohort.cohort import Cohort
from icp_ml.conditions import Rule
from icp_ml.config.schema import Config
from icp_ml.criteria.identity import Kind
from icp_ml.scorecard.building import AVERAGE_POINTS, MOST_POINTS, binary_target, log_odds, target_outcome
from icp_ml.scorecard.types import Scorecard


def points_beside(card: Scorecard, rule: Rule, kind: Kind, cohort: Cohort, config: Config, horizon: int) -> int:
    """Return the points that a rule adds to the score where it holds, everything else left as it is.

    The odds that the score itself stands for are taken as given, and one effect is fitted on top of them, shrunken a
    little as those of all lines are, and only in the direction the rule claims.

    Parameters
    ----------
    card : Scorecard
        Without a line for the rule.
    rule : Rule
        The rule.
    kind : {"include", "exclude"}
        A criterion earns points, an exclusion costs some.
    cohort : Cohort
        All accounts.
    config : Config
        Points that double the odds.
    horizon : int
        Months at which keeping is read.
    """
    outcome = target_outcome(cohort, horizon)[0]
    if outcome is None:
        return 0
    labels, weights = binary_target(outcome)
    frame = cohort.attributes.iloc[outcome.rows]
    per_point = config.scorecard.points_to_double_odds / np.log(2)
    score = card.base + sum((item.points * item.rule.mask(frame) for item in card.items), np.zeros(len(frame)))
    average = special.logit(np.clip(np.average(labels, weights=weights), 1e-4, 1 - 1e-4))
    given = average + (score - AVERAGE_POINTS) / per_point
    sign, holds = np.array([1.0 if kind == "include" else -1.0]), rule.mask(frame)[:, None].astype(float)
    _, effects = log_odds(holds, labels, weights, sign, MOST_POINTS / per_point, given)
    return round(per_point * float(effects[0]))
