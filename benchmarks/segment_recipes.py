"""What is planted in each kind of world for segments: ordered cells of accounts to which the same happens."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

from icp_ml.conditions import Condition, Rule

Size = Literal["none", "follows headcount"]


@dataclass(frozen=True)
class Cell:
    """Accounts to which the same happens; of ordered cells the first whose rule holds counts.

    Parameters
    ----------
    name : str
        ``high pull`` is the one that must be ranked first, wherever it is clearly worth most.
    rule : Rule
        On attributes without gaps; empty for the rest.
    win, churn : float
        Probability that a decided account is won, and that a customer leaves within 12 months.
    pull : float
        Mean of the latent pull, in standard deviations above the rest.
    expand : float
        Probability that a kept customer pays 40 % more after 12 months.
    arr, cost : float
        Mean ARR and mean cost to serve a year, in the reporting currency.
    """

    name: str
    rule: Rule
    win: float
    churn: float
    pull: float = 0.0
    expand: float = 0.2
    arr: float = 12_000.0
    cost: float = 900.0


@dataclass(frozen=True)
class SegmentRecipe:
    """How a world for segments is made.

    Parameters
    ----------
    cells : tuple of Cell
        In order; the last one's rule is empty.
    noise_columns, missing, years, extras
        As in :class:`benchmarks.worlds_recipes.Recipe`.
    pull_noise : float
        Standard deviation of what blurs measured pull, beside the latent one's 1.
    size : {"none", "follows headcount"}
        Whether ARR and sales cycle grow with headcount: size alone is no segment.
    kinds_of_firm : bool
        Whether attributes themselves fall into dense groups that mean nothing.
    """

    cells: tuple[Cell, ...]
    noise_columns: int = 0
    missing: float = 0.03
    years: float = 4.0
    extras: tuple[str, ...] = ()
    pull_noise: float = 0.5
    size: Size = "none"
    kinds_of_firm: bool = False


def _rule(*conditions: tuple[str, str, object]) -> Rule:
    return Rule(tuple(Condition(a, op, value) for a, op, value in conditions))


_CORE = _rule(
    ("industry", "in", ("saas", "fintech")), ("employee_count", "between", (50.0, 500.0)), ("has_revops", "is", True)
)
_AGENCIES = _rule(("industry", "in", ("agencies", "media")), ("employee_count", "below", 60.0))
_MANUAL = _rule(("has_revops", "is", False), ("tech_stack", "has", "spreadsheets"))
_HEALTH = _rule(("industry", "in", ("health",)), ("employee_count", "at_least", 100.0))
_ZENDESK = _rule(("tech_stack", "has", "zendesk"))
_WIDE_CORE = _rule(("industry", "in", ("saas", "fintech", "health")), ("employee_count", "at_least", 50.0))
_NEEDY = _rule(*((c.attribute, c.op, c.value) for c in (*_WIDE_CORE.conditions, *_ZENDESK.conditions)))
_GROWING = _rule(("growth_pct", "at_least", 15.0), ("age_years", "below", 10.0))
_TIRED = _rule(("growth_pct", "below", 0.0))
_TRADE = _rule(("industry", "in", ("retail", "logistics")))
_REVOPS, _NO_REVOPS = _rule(("has_revops", "is", True)), _rule(("has_revops", "is", False))
_LARGE_REVOPS = _rule(("has_revops", "is", True), ("employee_count", "at_least", 120.0))
_REST = Rule(())

_FOUR = (
    Cell("agencies", _AGENCIES, 0.60, 0.58, -0.4, 0.05, 6_000, 1_400),
    Cell("manual", _MANUAL, 0.36, 0.50, -0.6, 0.06, 9_000, 1_600),
    Cell("high pull", _CORE, 0.60, 0.05, 1.0, 0.45, 15_000, 700),
    Cell("health", _HEALTH, 0.55, 0.06, 0.3, 0.30, 14_000, 900),
    Cell("rest", _REST, 0.36, 0.12),
)
_CROSSED = (
    Cell("high pull", _rule(("has_revops", "is", True), ("tech_stack", "has", "zendesk")), 0.50, 0.08, 1.1, 0.45),
    Cell("kept", _REVOPS, 0.45, 0.08, 0.0),
    Cell("eager leavers", _ZENDESK, 0.38, 0.40, 1.1, 0.2),
    Cell("rest", _REST, 0.38, 0.40, 0.0),
)

# Append only: a kind's place is part of its seed, so that a kind's worlds stay what they were.
SEGMENT_RECIPES: dict[str, SegmentRecipe] = {
    "four": SegmentRecipe(_FOUR),
    "inside": SegmentRecipe(
        (
            Cell("high pull", _NEEDY, 0.50, 0.05, 1.2, 0.40, 13_000, 700),
            Cell("mild", _WIDE_CORE, 0.50, 0.16, -0.3),
            Cell("rest", _REST, 0.32, 0.26, -0.3, 0.1),
        )
    ),
    "crossed": SegmentRecipe(_CROSSED),
    "easy_win": SegmentRecipe(
        (
            Cell("easy to win", _TRADE, 0.66, 0.55, -0.2, 0.05, 8_000, 1_500),
            Cell("high pull", _LARGE_REVOPS, 0.48, 0.06, 0.9, 0.40, 14_000, 700),
            Cell("rest", _REST, 0.38, 0.18, 0.0),
        )
    ),
    "numbers": SegmentRecipe(
        (
            Cell("tired", _TIRED, 0.30, 0.42, -0.5, 0.05),
            Cell("high pull", _GROWING, 0.55, 0.08, 1.0, 0.40),
            Cell("rest", _REST, 0.38, 0.18),
        )
    ),
    "pull_only": SegmentRecipe(
        (Cell("high pull", _LARGE_REVOPS, 0.40, 0.15, 1.0), Cell("rest", _REST, 0.40, 0.15, 0.0))
    ),
    "churn_only": SegmentRecipe(
        (Cell("leavers", _NO_REVOPS, 0.40, 0.42), Cell("kept", _REST, 0.40, 0.10))
    ),
    "three_sectors": SegmentRecipe(
        (
            Cell("high pull", _rule(("industry", "in", ("saas", "fintech"))), 0.52, 0.07, 0.9, 0.40),
            Cell("leavers", _rule(("industry", "in", ("agencies", "media", "retail"))), 0.40, 0.45, -0.4, 0.1),
            Cell("rest", _REST, 0.38, 0.18, 0.0),
        )
    ),
    "four_wide": SegmentRecipe(_FOUR, noise_columns=40),
    "four_gaps": SegmentRecipe(_FOUR, missing=0.12),
    "four_short": SegmentRecipe(_FOUR, years=2.0),
    "crossed_correlated": SegmentRecipe(_CROSSED, extras=("correlated", "skewed", "sub_industry")),
}  # fmt: skip
_NOTHING = (Cell("rest", _REST, 0.40, 0.18),)
STRUCTURELESS: dict[str, SegmentRecipe] = {
    "noise": SegmentRecipe(_NOTHING),
    "noise_wide": SegmentRecipe(_NOTHING, noise_columns=40),
    "noise_correlated": SegmentRecipe(_NOTHING, extras=("correlated", "skewed", "sub_industry", "sales_channel")),
    "size_alone": SegmentRecipe(_NOTHING, size="follows headcount"),
    "kinds_of_firm": SegmentRecipe(_NOTHING, kinds_of_firm=True),
}
ALL_RECIPES = SEGMENT_RECIPES | STRUCTURELESS


def changed(kind: str, **changes: object) -> SegmentRecipe:
    """Return the recipe of a kind with fields changed."""
    return replace(ALL_RECIPES[kind], **changes)  # type: ignore[arg-type]  # the fields are the caller's business
