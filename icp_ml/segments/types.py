"""What segment discovery hands on. METHOD, section 3."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from icp_ml.conditions import Rule
from icp_ml.segments.placed import Placed


@dataclass(frozen=True)
class Segment:
    """A published segment: it *is* its rule; rules are ordered, the first that holds counts.

    ``figures`` maps a figure's name (win_rate, churn, grr, nrr, pull, arr, cycle_days, cost_to_serve ...) to
    ``{"estimate", "low", "high", "level", "n"}`` measured on accounts that did not form the segment, or to
    ``{"absent": reason}``. ``sizes`` counts won, lost, customers, all. ``fidelity`` is the share of the cluster's
    accounts the rule holds for and the share of the rule's accounts in the cluster; ``stability`` a resampling Jaccard.
    ``verdict`` is one of ``high pull``, ``promising``, ``average``, ``avoid``. ``quality`` is the table of
    :mod:`icp_ml.segments.quality`, ``questions`` the answers of :mod:`icp_ml.segments.questions`. ``elsewhere`` are the
    same figures of all other accounts, ``curve`` the share kept by month, as
    :func:`icp_ml.segments.curves.as_curve` returns it.
    """

    id: str
    name: str
    rule: Rule
    sizes: dict[str, int]
    figures: dict[str, dict[str, Any]]
    fidelity: dict[str, float]
    stability: float
    verdict: str
    members_key: str = ""
    quality: tuple[dict[str, Any], ...] = ()
    questions: tuple[dict[str, Any], ...] = ()
    elsewhere: dict[str, dict[str, Any]] = field(default_factory=dict)
    curve: list[dict[str, Any]] | dict[str, str] = field(default_factory=list)


@dataclass(frozen=True)
class SegmentsResult:
    """All segments, in the order their rules are tried; ``none_because`` says why there is none.

    ``changes`` is what :func:`icp_ml.segments.changes.changes_since` returns, None without a previous release.
    ``curves`` are those of everybody and of no segment; ``placed`` is what the map of accounts is drawn from.
    """

    segments: tuple[Segment, ...]
    none_because: str | None
    looked_at: dict[str, Any] = field(default_factory=dict)
    changes: dict[str, Any] | None = None
    curves: dict[str, Any] = field(default_factory=dict)
    placed: Placed | None = None
