from __future__ import annotations

import numpy as np
import pandas as pd

from icp_ml.config.schema import Attribute
from icp_ml.segments.rulelist import form_rules
from icp_ml.segments.targets import Targets

ATTRIBUTES = {
    "has_revops": Attribute(type="boolean"),
    "uses_zendesk": Attribute(type="boolean"),
    "is_b2b": Attribute(type="boolean"),
}


def test_a_sign_of_pull_parts_the_regions_it_goes_through_and_hides_none():
    rng = np.random.default_rng(4)
    n = 2000
    frame = pd.DataFrame({name: pd.array(rng.random(n) < 0.4, dtype="boolean") for name in ATTRIBUTES})
    revops, zendesk = (frame[name].to_numpy(dtype=bool) for name in ("has_revops", "uses_zendesk"))
    won = (rng.random(n) < np.where(revops, 0.65, 0.35)).astype(float)
    # Pull differs by far more than winning does, so that a search for the largest difference would name it first.
    pull = np.where(zendesk, 2.0, 0.0) + rng.normal(size=n)
    scores = np.column_stack([(won - won.mean()) / won.std(), (pull - pull.mean()) / pull.std()])
    targets = Targets(("win", "pull"), scores, np.ones((n, 2)), {})
    rules = form_rules(frame, targets, ATTRIBUTES, list(ATTRIBUTES))
    cells_told = {rule.text() for rule in rules}
    assert cells_told == {
        "Has revops and uses zendesk is yes",
        "Has revops and uses zendesk is no",
        "Has no revops and uses zendesk is yes",
        "Has no revops and uses zendesk is no",
    }
