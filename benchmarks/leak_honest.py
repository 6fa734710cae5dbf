"""Attributes that are honest: noise, strong predictors, and everything about them that could look like a leak."""

from __future__ import annotations

import numpy as np

from benchmarks.leak_life import Column, Life, Words, days, flag, only

# Shift between two normals of one standard deviation that gives an AUC.
SHIFT = {0.75: 0.954, 0.80: 1.190}


def _strong(life: Life, of: np.ndarray, auc: float) -> np.ndarray:
    return SHIFT[auc] * of + life.rng.standard_normal(life.n)


def _win_number(life: Life) -> np.ndarray:
    return np.round(_strong(life, life.won, 0.80), 3)


def _keep_number(life: Life) -> np.ndarray:
    return np.round(_strong(life, life.left, 0.80), 3)


def _win_band(life: Life) -> Words:
    return np.array(["1-10", "11-50", "51-200", "201+"], dtype=object)[
        np.searchsorted([-0.5, 0.5, 1.5], _strong(life, life.won, 0.80))
    ]


def _keep_band(life: Life) -> Words:
    return np.array(["low", "middle", "high"], dtype=object)[np.searchsorted([0, 1], _strong(life, life.left, 0.80))]


def _region_that_leaves(life: Life) -> Words:
    """Draw a region that holds half of those who leave and a tenth of all others."""
    return np.where(life.some(np.where(life.left, 0.5, 0.1)), "islands", life.one_of("north", "south", "east", "west"))


def _source(life: Life) -> Words:
    referred = life.some(np.where(life.won, 0.30, 0.10))
    return np.where(referred, "referral", life.one_of("inbound", "outbound", "event", "partner")).astype(object)


def _enriched(life: Life, won: float, lost: float, other: float, values: object) -> np.ndarray:
    return only(life.some(np.where(life.won, won, np.where(life.lost, lost, other))), values)


def _vendor_number(life: Life) -> np.ndarray:
    """Draw what a vendor knows of bigger firms more often, where those are won and kept more often."""
    size = 5 + life.rng.standard_normal(life.n) + 0.5 * life.won - 0.4 * life.left
    return only(life.some(1 / (1 + np.exp(-1.5 * (size - 5)))), np.rint(np.exp(size)))


def _since_last_year(life: Life) -> np.ndarray:
    return only(life.created > life.today - 400, life.one_of("a", "b", "c"))


def _until_last_year(life: Life) -> np.ndarray:
    return only(life.created <= life.today - 400, np.round(life.rng.standard_normal(life.n), 2))


def _trend(life: Life) -> np.ndarray:
    return np.round((days(life.created) - days(life.created).min()) / 365 + 1.4 * life.rng.standard_normal(life.n), 2)


def _city(life: Life) -> Words:
    return np.array([f"City {int(life.n / 4 * r**3)}" for r in life.rng.random(life.n)], dtype=object)


def _employees(life: Life) -> np.ndarray:
    """Exact for small firms, rounded for big ones; small firms leave more often."""
    size = np.exp(4.5 + 1.3 * life.rng.standard_normal(life.n) + 0.3 * life.won - 0.6 * life.left)
    return np.maximum(1, np.where(size > 150, np.rint(size / 50) * 50, np.rint(size)))


def _typed_by_hand(life: Life) -> Words:
    word = life.one_of("berlin", "paris", "madrid", "rome", "vienna")
    return np.where(life.some(0.3), np.char.upper(word.astype(str)), word).astype(object)


def _opens(life: Life) -> np.ndarray:
    """Offices, most firms having one: more than one is won somewhat more often."""
    return np.where(life.some(np.where(life.won, 0.45, 0.25)), 1.0 + life.rng.poisson(2.0, life.n), 1.0)


def _stack(life: Life) -> object:
    names = np.array(["sap", "slack", "jira", "churn tracker", "excel"], dtype=object)
    return [tuple(names[row]) for row in life.rng.random((life.n, 5)) < 0.3]


def _winning_stack(life: Life) -> object:
    names = np.array(["snowflake", "dbt", "excel"], dtype=object)
    good = np.where(life.won, 0.6, 0.25)[:, None] * np.array([1.0, 0.6, 0.0]) + np.array([0.0, 0.0, 0.4])
    return [tuple(names[row]) for row in life.rng.random((life.n, 3)) < good]


def _first_of_quarter(life: Life) -> Words:
    return life.one_of("2024-12-31", "2024-03-31", "2024-06-30", "2024-09-30")


HONEST: tuple[Column, ...] = (
    Column("intent", "predicts winning, AUC 0.80", "number", _win_number),
    Column("fit_flag", "predicts winning, AUC 0.80", "boolean", lambda f: flag(_strong(f, f.won, 0.80) > 0.6)),
    Column("size_band", "predicts winning, AUC 0.80", "category", _win_band),
    Column("maturity", "predicts keeping, AUC 0.80", "number", _keep_number),
    Column("tier_guess", "predicts keeping, AUC 0.80", "category", _keep_band),
    Column("self_serve", "predicts keeping, AUC 0.75", "boolean", lambda f: flag(_strong(f, f.left, 0.75) > 0.8)),
    Column("territory_group", "a region half of which leaves", "category", _region_that_leaves),
    Column("first_touch", "a source that wins", "category", _source),
    Column(
        "funding", "enriched 90, 70, 30 %", "category",
        lambda f: _enriched(f, 0.9, 0.7, 0.3, f.one_of("seed", "closed series A", "public")),
    ),
    Column(
        "revenue", "enriched 90, 70, 30 %", "number",
        lambda f: _enriched(f, 0.9, 0.7, 0.3, np.rint(np.exp(14 + f.rng.standard_normal(f.n)))),
    ),
    Column(
        "board_size", "enriched 80, 60, 50 %", "number",
        lambda f: _enriched(f, 0.8, 0.6, 0.5, 3.0 + f.rng.integers(0, 9, f.n)),
    ),
    Column("vendor_employees", "filled in more for bigger firms", "number", _vendor_number),
    Column("new_field", "introduced last year", "category", _since_last_year),
    Column("old_field", "given up last year", "number", _until_last_year),
    Column("price_level", "moves with time", "number", _trend),
    Column("founded", "year founded", "number", lambda f: 2022 - np.floor(60 * f.rng.random(f.n) ** 2)),
    Column("postal_code", "postal code", "number", lambda f: 10_000.0 + f.rng.integers(0, 89_000, f.n)),
    Column("city", "many levels", "category", _city),
    Column(
        "country_code", "many levels", "category",
        lambda f: np.array([f"C{int(60 * r**2)}" for r in f.rng.random(f.n)], dtype=object),
    ),
    Column("employees", "rounded for big firms", "number", _employees),
    Column("office_town", "spelled in two ways", "category", _typed_by_hand),
    Column("offices", "a count that is mostly one", "number", _opens),
    Column("apps", "tags", "tags", _stack),
    Column("data_stack", "tags that win", "tags", _winning_stack),
    Column("year_end", "ends of fiscal years", "category", _first_of_quarter),
    Column(
        "activity", "words of a status that mean something else", "category",
        lambda f: f.one_of("active", "passive", "closed"),
    ),
    Column(
        "department", "words of a status that mean something else", "category",
        lambda f: f.one_of("customer support", "client services", "sales", "lost and found"),
    ),
    Column("rare_flag", "true of 2 %", "boolean", lambda f: flag(f.some(0.02))),
    Column("is_b2b", "noise", "boolean", lambda f: flag(f.some(0.6))),
    Column("hq_floor", "noise", "number", lambda f: np.floor(30 * f.rng.random(f.n) ** 2)),
    Column("logo_color", "noise", "category", lambda f: f.one_of("red", "blue", "green", "black")),
    Column("growth_guess", "noise", "number", lambda f: np.rint(10 + 20 * f.rng.standard_normal(f.n))),
    Column("grants", "noise, mostly missing", "number", lambda f: only(f.some(0.2), np.rint(1e5 * f.rng.random(f.n)))),
    Column("constant", "always the same", "category", lambda f: np.full(f.n, "yes", dtype=object)),
)  # fmt: skip
