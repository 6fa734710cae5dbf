"""Which of the segments that were formed are published: those that hold up on other accounts and come back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from icp_ml.conditions import Rule
from icp_ml.config.schema import Attribute
from icp_ml.segments.coarser import steadier
from icp_ml.segments.confirming import confirmed
from icp_ml.segments.crossfit import Crossfit, crossfit
from icp_ml.segments.identity import Earlier, kept_ids
from icp_ml.segments.stability import resampled_jaccard
from icp_ml.segments.targets import Targets

LEAST_STABLE = 0.8
STILL_STABLE = 0.6  # for a segment of the previous release: one near the line is not to come and go with each draw

Told = dict[str, list[dict[str, Any]]]


@dataclass(frozen=True)
class Gates:
    """What the segments that were formed are held against.

    Parameters
    ----------
    attributes : DataFrame, n rows
        Typed attributes.
    counted : ndarray of bool, shape (n,)
        Accounts with an outcome.
    folds : ndarray of int, shape (n,)
        Fold of each account.
    targets : Targets
        What happened to the counted accounts.
    again : sequence of sequence of Rule
        Rules formed without each fold: they stand in for segments on the accounts of that fold.
    further : sequence of sequence of Rule
        Rules formed on further samples: they say whether segments come back.
    earlier : Earlier
        Segments of the previous release.
    smallest : int
        Fewest accounts of a segment.
    specifications : mapping, optional
        Of the attributes: rules are told with their units.
    """

    attributes: pd.DataFrame
    counted: np.ndarray
    folds: np.ndarray
    targets: Targets
    again: Sequence[Sequence[Rule]]
    further: Sequence[Sequence[Rule]]
    earlier: Earlier
    smallest: int
    specifications: Mapping[str, Attribute] | None = None

    def passed(self, rules: Sequence[Rule]) -> tuple[Crossfit, list[float], Told]:
        """Return the segments that pass with the stability of each, and what was told of those that do not.

        Parameters
        ----------
        rules : sequence of Rule
            Formed segments, in order.

        Returns
        -------
        tuple
            Segments with their stand-ins; their stability; ``not_confirmed``, with p-values, and ``unstable``, with
            the stability and the coarser rule that was tried instead, if one was.
        """
        told: Told = {"not_confirmed": [], "unstable": []}
        whole, formed = self._stood_in_for(rules), len(rules)
        second: set[Rule] = set()
        while whole.rules:
            held_out, asked = (list(every[:, self.counted]) for every in (whole.held_out, whole.asked))
            held, dropped = confirmed(held_out, asked, self.targets, self.smallest, formed)
            told["not_confirmed"] += [
                {"rule": whole.rules[i].text(self.specifications), "p_value": p} for i, p in dropped.items()
            ]
            whole = whole.only(held)
            stability = resampled_jaccard(whole.rules, self.further, self._frame)
            spare = self._spare(whole.rules, stability)
            if min(spare, default=0.0) >= 0:
                return whole, stability, told
            # Whoever belonged to a segment that goes falls to later ones, which have to hold up with them.
            worst = int(np.argmin(spare))
            rule = whole.rules[worst]
            told["unstable"].append({"rule": rule.text(self.specifications), "stability": stability[worst]})
            changed = None if rule in second else steadier(whole.rules, worst, self.again, self._frame)
            if changed is None:
                whole = whole.only([at for at in range(len(whole.rules)) if at != worst])
                continue
            # One more rule has been tried, and has to pay for that; nothing is tried in place of a second try.
            instead = next(other for other in changed if other not in whole.rules)
            told["unstable"][-1]["instead"] = instead.text(self.specifications)
            second.add(instead)
            formed, whole = formed + 1, self._stood_in_for(changed)
        return whole, [], told

    @cached_property
    def _frame(self) -> pd.DataFrame:
        return self.attributes[self.counted]

    def _stood_in_for(self, rules: Sequence[Rule]) -> Crossfit:
        return crossfit(rules, self.again, self.attributes, self.counted, self.folds)

    def _spare(self, rules: Sequence[Rule], stability: Sequence[float]) -> list[float]:
        """Return by how much each segment is as stable as it must be."""
        ids = kept_ids(rules, self.earlier, self._frame)
        asked = [STILL_STABLE if i in self.earlier.ids else LEAST_STABLE for i in ids]
        return [found - least for found, least in zip(stability, asked, strict=True)]
