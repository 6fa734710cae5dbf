"""What is planted in each kind of world: the true rules, their rates, and what makes them hard to see."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from icp_ml.conditions import Condition, Rule


@dataclass(frozen=True)
class Effect:
    """One planted region, with its true win and 12-month churn probability; the first effect that holds counts."""

    kind: Literal["exclude", "include"]
    rule: Rule
    win: float
    churn: float


@dataclass(frozen=True)
class Discounting:
    """Sales give large discounts mostly in one region, and customers who needed one leave.

    Parameters
    ----------
    rule : Rule
        Where it is done.
    inside, elsewhere : float
        Share of the deals with a large discount (20 % or more) there and elsewhere.
    churn_added : float
        What a large discount adds to the churn probability; the rule's own attributes add nothing.
    """

    rule: Rule
    inside: float
    elsewhere: float
    churn_added: float


@dataclass(frozen=True)
class Recipe:
    """How a world is made.

    Parameters
    ----------
    effects : tuple of Effect
        Planted regions in order.
    win, churn : float
        True win and 12-month churn probability elsewhere; halfway through the history, where they drift.
    noise_columns : int
        Extra attributes without meaning.
    proxies : bool
        Whether stand-ins for headcount (revenue, seats, a size band) are among the attributes.
    missing : float
        Share of each attribute that is missing at random (tags excepted: they have no missing value).
    years : float
        History; short means heavy censoring.
    at_anniversary : float
        Share of a contract year's churn that sits on the anniversary; the rest is spread evenly.
    extras : tuple of str
        Further attributes, names of :data:`worlds_attributes.EXTRAS`.
    win_drift, churn_drift : float
        How much the probabilities of all accounts change from the first day to the last; planted differences stay.
    trending : tuple of str
        Attributes whose mix changes over time and that mean nothing: none may become a criterion.
    discounting : Discounting, optional
        A choice of the sales side that confounds.
    """

    effects: tuple[Effect, ...] = ()
    win: float = 0.40
    churn: float = 0.12
    noise_columns: int = 0
    proxies: bool = False
    missing: float = 0.03
    years: float = 4.0
    at_anniversary: float = 0.8
    extras: tuple[str, ...] = ()
    win_drift: float = 0.0
    churn_drift: float = 0.0
    trending: tuple[str, ...] = ()
    discounting: Discounting | None = None


def _rule(*conditions: tuple[str, str, object]) -> Rule:
    return Rule(tuple(Condition(a, op, value) for a, op, value in conditions))


_SMALL = _rule(("employee_count", "below", 40.0))
_REVOPS = _rule(("has_revops", "is", True))
_AGENCIES = _rule(("industry", "in", ("agencies", "media")), ("employee_count", "below", 60.0))
_MANUAL = _rule(("has_revops", "is", False), ("tech_stack", "has", "spreadsheets"))
_CORE = _rule(("industry", "in", ("saas", "fintech")), ("employee_count", "between", (50.0, 500.0)))
_TRIO = _rule(*((c.attribute, c.op, c.value) for c in (*_CORE.conditions, *_REVOPS.conditions)))
_OVERSEAS = _rule(("region", "in", ("overseas",)))
_RARE = _rule(("region", "in", ("overseas",)), ("recent_funding", "is", True))
_BANDS = _rule(("headcount_band", "in", ("1-10", "11-50")))
_SPREADSHEETS = _rule(("tech_stack", "has", "spreadsheets"))
_EITHER_TOOL = _rule(("tech_stack", "has_any", ("sap", "spreadsheets")))
_THREE_LEVELS = _rule(("sub_industry", "in", ("adtech", "gaming", "staffing")))
_MIDDLE = _rule(("growth_pct", "between", (10.0, 25.0)))
_AWKWARD = _rule(("employee_count", "between", (60.0, 200.0)))
_LARGE = _rule(("employee_count", "above", 250.0))
_STUCK = _rule(
    ("growth_pct", "at_most", 5.0), ("region", "not_in", ("north", "east")), ("tech_stack", "has_none", ("slack",))
)

_DISCOUNTS = Discounting(_OVERSEAS, inside=0.85, elsewhere=0.05, churn_added=0.40)

# Append only: a kind's place is part of its seed, so that a kind's worlds stay what they were.
RECIPES: dict[str, Recipe] = {
    "noise": Recipe(churn=0.2),
    "noise_wide": Recipe(churn=0.2, noise_columns=60),
    "noise_missing": Recipe(churn=0.2, missing=0.3),
    "main_effects": Recipe((Effect("exclude", _SMALL, 0.40, 0.45), Effect("include", _REVOPS, 0.58, 0.10)), win=0.34),
    "interaction": Recipe((Effect("exclude", _MANUAL, 0.40, 0.55),)),
    "good_region": Recipe((Effect("include", _CORE, 0.65, 0.08),), win=0.35, churn=0.15),
    "good_trio": Recipe((Effect("include", _TRIO, 0.70, 0.05),), win=0.35, churn=0.15),
    "easy_win_quick_churn": Recipe((Effect("exclude", _AGENCIES, 0.70, 0.60),), win=0.36, churn=0.10),
    "two_and_two": Recipe(
        (
            Effect("exclude", _AGENCIES, 0.60, 0.58),
            Effect("exclude", _MANUAL, 0.36, 0.50),
            Effect("include", _CORE, 0.62, 0.06),
            Effect("include", _rule(("industry", "in", ("health",))), 0.60, 0.06),
        ),
        win=0.34,
        churn=0.10,
    ),
    "majority_bad": Recipe((Effect("exclude", _rule(("has_revops", "is", False)), 0.40, 0.45),), churn=0.10),
    "mild": Recipe((Effect("exclude", _SMALL, 0.40, 0.26),), churn=0.13),
    "proxies": Recipe((Effect("exclude", _SMALL, 0.40, 0.45),), proxies=True),
    "wide": Recipe((Effect("exclude", _SMALL, 0.40, 0.45), Effect("include", _CORE, 0.65, 0.08)), noise_columns=60),
    "missing": Recipe((Effect("exclude", _SMALL, 0.40, 0.45), Effect("exclude", _MANUAL, 0.40, 0.5)), missing=0.3),
    "censored": Recipe((Effect("exclude", _SMALL, 0.40, 0.45),), years=1.4),
    "monthly": Recipe((Effect("exclude", _SMALL, 0.40, 0.45),), at_anniversary=0.0),
    "noise_correlated": Recipe(churn=0.2, extras=("correlated", "skewed", "sub_industry", "sales_channel")),
    "censored_2y": Recipe((Effect("exclude", _SMALL, 0.40, 0.45),), years=2.0),
    "confounded": Recipe(churn=0.10, discounting=_DISCOUNTS),
    "rare_region": Recipe((Effect("exclude", _RARE, 0.40, 0.75),)),
    "drift": Recipe(
        (Effect("exclude", _SMALL, 0.40, 0.53),), churn=0.20, win_drift=0.25, churn_drift=-0.16,
        trending=("platform", "region"),
    ),
    "ordered": Recipe((Effect("exclude", _BANDS, 0.40, 0.45),), extras=("headcount_band",)),
    "tags": Recipe((Effect("exclude", _SPREADSHEETS, 0.40, 0.45),)),
    "tag_set": Recipe((Effect("exclude", _EITHER_TOOL, 0.40, 0.45),)),
    "level_set": Recipe((Effect("exclude", _THREE_LEVELS, 0.40, 0.45),), extras=("sub_industry",)),
    "between": Recipe((Effect("include", _MIDDLE, 0.60, 0.05),), win=0.33, churn=0.18),
    "between_bad": Recipe((Effect("exclude", _AWKWARD, 0.40, 0.45),)),
    "large_bad": Recipe((Effect("exclude", _LARGE, 0.40, 0.45),)),
    "three_way": Recipe((Effect("exclude", _STUCK, 0.40, 0.52),)),
    "small_strong": Recipe((Effect("exclude", _SMALL, 0.40, 0.57),)),
}  # fmt: skip
KINDS = tuple(RECIPES)
