"""Which pairs of attributes mean more together than apart, borne out by accounts the model never saw."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.special import expit
from scipy.stats import norm

from icp_ml.config.schema import Attribute
from icp_ml.models.boosting import encoded_values
from icp_ml.models.chances import chance_of, log_margin_of
from icp_ml.models.crossfit import CrossFit
from icp_ml.models.learners import BoostedScorer
from icp_ml.models.levels import Level, attribute_levels
from icp_ml.models.targets import Target
from icp_ml.models.tree_shap import Pairs, tree_interactions
from icp_ml.models.types import Interaction

_MOST_ACCOUNTS = 10_000
_MOST_WORK = 20_000_000
"""Leaves times accounts: a few seconds."""
_LEAST_SHARE = 0.01
"""Part of all that the attributes add which a pair must make up to be looked at."""
_ERROR = 0.02
"""For all pairs together; bins leave a rest of each curve, so that on worlds whose effects add up it is 0.03."""
_BINS = 3
_ADDITIVE_BINS = 10
_LEAST_CELL, _LEAST_CELL_SHARE = 20, 0.02
_LEAST_AGREE = 0.8
_LEAST_RISE = 0.5
"""The cell where a pair raises the chance is told, if it is so much as strong as the one where it lowers it."""
_SHOWN = 5
_RIDGE = 0.1
_STEPS = 30


@dataclass(frozen=True)
class _Parts:
    """Out-of-fold parts of the log margin of m accounts, on the calibrated scale."""

    frame: pd.DataFrame
    fold: np.ndarray
    label: np.ndarray
    offset: np.ndarray
    margin: np.ndarray
    main: dict[str, np.ndarray]
    pairs: dict[tuple[str, str], np.ndarray]
    loss: str


def find_interactions(
    fitted: CrossFit,
    frame: pd.DataFrame,
    target: Target,
    shap_values: pd.DataFrame,
    attributes: Mapping[str, Attribute],
    chance: float,
    random_state: int,
) -> tuple[tuple[Interaction, ...], str]:
    """Return the interactions of a boosted model that held-out accounts bear out, and why there is none.

    Every account's exact SHAP interaction values are those of the cross-fitted model that never saw it. A pair is
    reported if it makes up at least a hundredth of all that is added; if a score test finds that it improves on what
    the two attributes add apart, these given every freedom over deciles and levels, at 2 % for all pairs together
    (Holm 1979); and if its cell has the same sign in four of five models. Trees find pairs in any noise, and refits
    that share accounts agree on them: only the held-out outcomes tell.

    Parameters
    ----------
    fitted : CrossFit
        What ships.
    frame : DataFrame
        Typed attributes of the accounts it was fitted on.
    target : Target
        Their outcomes.
    shap_values : DataFrame
        Their out-of-fold SHAP values.
    attributes : mapping of str to Attribute
        What the model may use.
    chance : float
        The average chance.
    random_state : int
        Seed of the accounts looked at, where there are many.

    Returns
    -------
    tuple of Interaction, str
        At most five, the strongest first; and a sentence, empty where there are some.
    """
    if not all(isinstance(s, BoostedScorer) for s in fitted.scorers):
        return (), "The logistic regression adds its attributes up on the log scale, so it has no interactions."
    parts = _parts(fitted, frame, target, shap_values, list(attributes), random_state)
    sizes = {pair: float(np.abs(values).mean()) for pair, values in parts.pairs.items()}
    total = sum(sizes.values()) + sum(float(np.abs(values).mean()) for values in parts.main.values())
    looked_at = sorted((p for p in sizes if total > 0 and sizes[p] >= _LEAST_SHARE * total), key=lambda p: -sizes[p])
    adjusted = _holm({pair: held_out_p_value(parts, pair, attributes) for pair in looked_at})
    kept = [pair for pair, p in adjusted.items() if p <= _ERROR]
    cells = {pair: _strongest_cell(parts, pair, attributes) for pair in kept}
    found = [
        _told(parts, pair, cell, sizes[pair] / total, adjusted[pair], chance, target.outcome)
        for pair, cell in cells.items()
        if cell is not None
    ]
    found = [i for i in found if i.agreeing >= _LEAST_AGREE * i.refits]
    if found:
        return tuple(sorted(found, key=lambda i: -i.share)[:_SHOWN]), ""
    return (), _none(len(looked_at))


def _none(looked_at: int) -> str:
    if not looked_at:
        return "No two attributes mean more together than apart by enough to tell."
    pairs = "one pair of attributes was" if looked_at == 1 else f"{looked_at} pairs of attributes were"
    return (
        f"No two attributes mean more together than apart: {pairs} looked at, and accounts that the models had not "
        "seen bear out none."
    )


def _parts(
    fitted: CrossFit,
    frame: pd.DataFrame,
    target: Target,
    shap_values: pd.DataFrame,
    names: list[str],
    random_state: int,
) -> _Parts:
    """Split the out-of-fold margins of a sample into what attributes and pairs add."""
    rows = _sampled(fitted, len(frame), random_state)
    sample, fold, taken = frame.iloc[rows], fitted.fold[rows], target.take(rows)
    pairs: dict[tuple[str, str], np.ndarray] = {}
    for k, scorer in enumerate(fitted.scorers):
        inside = np.flatnonzero(fold == k)
        for (i, j), values in _pairs(scorer, sample.iloc[inside], names).items():
            whole = pairs.setdefault((names[i], names[j]), np.zeros(len(sample)))
            whole[inside] = values * fitted.link.slope
    main = {name: shap_values[name].to_numpy(dtype=float)[rows].copy() for name in names}
    for pair, values in pairs.items():
        for name in pair:
            main[name] -= values / 2
    # The hazard expected of each customer is that of all: its offset must not be taken anew for the sample.
    margin = fitted.link.slope * fitted.margin[rows]
    return _Parts(sample, fold, taken.label, target.offset[rows], margin, main, pairs, target.loss)


def _sampled(fitted: CrossFit, n: int, random_state: int) -> np.ndarray:
    """Accounts to look at: all, or as many as keep the work bounded."""
    leaves = max(
        sum(int((tree.left < 0).sum()) for tree in s.booster.tables())
        for s in fitted.scorers
        if isinstance(s, BoostedScorer)
    )
    most = min(_MOST_ACCOUNTS, _MOST_WORK // max(leaves, 1))
    return np.sort(np.random.default_rng(random_state).permutation(n)[:most])


def _pairs(scorer: object, frame: pd.DataFrame, names: list[str]) -> Pairs:
    """SHAP interaction values by pair of attributes, tags added up."""
    if not isinstance(scorer, BoostedScorer) or not len(frame):
        return {}
    owner = np.array([names.index(c.attribute) for c in scorer.encoder.columns_], dtype=int)
    return tree_interactions(scorer.booster.tables(), encoded_values(scorer.encoder.transform(frame)), owner)


def held_out_p_value(parts: _Parts, pair: tuple[str, str], attributes: Mapping[str, Attribute]) -> float:
    """Return the one-sided p-value of the score test that a pair's values improve the fit.

    Under the null both attributes may add anything by decile and level, in any scale of the model's own effects, to the
    rest of the margin.
    """
    z = parts.pairs[pair]
    rest = parts.margin - z
    columns = [np.ones(len(z)), rest, parts.main[pair[0]], parts.main[pair[1]]]
    for name in pair:
        levels = attribute_levels(parts.frame[name], name, attributes[name], _ADDITIVE_BINS)
        columns += [level.holds.astype(float) for level in levels[1:]]
    design, penalty = np.column_stack(columns), np.full(len(columns), _RIDGE)
    penalty[0] = 1e-6
    mean = _fitted_mean(design, penalty, parts.offset + rest, parts.label, parts.loss)
    weight = mean * (1 - mean) if parts.loss == "logistic" else mean
    curvature = design.T @ (weight[:, None] * design) + np.diag(penalty)
    own = z - design @ np.linalg.solve(curvature, design.T @ (weight * z))
    parted = own * (parts.label - mean)
    spread = float(np.sqrt((parted**2).sum()))
    return float(norm.sf(parted.sum() / spread)) if spread > 0 else 1.0


def _fitted_mean(
    design: np.ndarray, penalty: np.ndarray, known: np.ndarray, label: np.ndarray, loss: str
) -> np.ndarray:
    """Fitted means of a penalised regression by Newton's method."""
    beta = np.zeros(design.shape[1])
    for step in range(_STEPS + 1):
        eta = np.clip(known + design @ beta, -30, 30)
        mean = expit(eta) if loss == "logistic" else np.exp(eta)
        if step == _STEPS:
            break
        weight = mean * (1 - mean) if loss == "logistic" else mean
        curvature = design.T @ (weight[:, None] * design) + np.diag(penalty)
        change = np.clip(np.linalg.solve(curvature, design.T @ (label - mean) - penalty * beta), -2.0, 2.0)
        beta += change
        if np.abs(change).max() < 1e-9:
            break
    return np.asarray(mean)


def _holm(values: Mapping[tuple[str, str], float]) -> dict[tuple[str, str], float]:
    """Adjust p-values for their number: Holm (1979).

    >>> _holm({("a", "b"): 0.01, ("a", "c"): 0.03, ("b", "c"): 0.02})
    {('a', 'b'): 0.03, ('b', 'c'): 0.04, ('a', 'c'): 0.04}
    """
    adjusted, largest = {}, 0.0
    for k, (pair, p) in enumerate(sorted(values.items(), key=lambda item: (item[1], item[0]))):
        largest = max(largest, min(1.0, p * (len(values) - k)))
        adjusted[pair] = largest
    return adjusted


@dataclass(frozen=True)
class _Cell:
    """Two levels, and who has both."""

    first: Level
    second: Level
    inside: np.ndarray


def _strongest_cell(parts: _Parts, pair: tuple[str, str], attributes: Mapping[str, Attribute]) -> _Cell | None:
    """Return the levels at which a pair moves most for their size, None where every cell is too small.

    What a pair adds in one cell it takes off in the next, so every interaction has several. A cell in which it carries
    further what its two levels say apart comes first, and one where it does so upwards, if that is not far weaker.
    """
    firsts, seconds = (
        [level for level in attribute_levels(parts.frame[name], name, attributes[name], _BINS) if level.known]
        for name in pair
    )
    least = max(_LEAST_CELL, _LEAST_CELL_SHARE * len(parts.frame))
    cells = [_Cell(a, b, a.holds & b.holds) for a in firsts for b in seconds]
    cells = [cell for cell in cells if cell.inside.sum() >= least]
    apart = parts.main[pair[0]] + parts.main[pair[1]]
    strength = {id(c): float(parts.pairs[pair][c.inside].sum() / np.sqrt(c.inside.sum())) for c in cells}
    further = [c for c in cells if strength[id(c)] * apart[c.inside].sum() > 0]
    ranked = sorted(further or cells, key=lambda c: strength[id(c)])
    if not ranked:
        return None
    down, up = ranked[0], ranked[-1]
    return up if strength[id(up)] >= _LEAST_RISE * -strength[id(down)] else down


def _told(
    parts: _Parts, pair: tuple[str, str], cell: _Cell, share: float, p_value: float, chance: float, outcome: str
) -> Interaction:
    """Say what the pair adds in its strongest cell, beyond what both attributes add there apart."""
    values, inside = parts.pairs[pair], cell.inside
    effect = float(values[inside].mean())
    apart = float(log_margin_of(chance, outcome)) + sum(float(parts.main[name][inside].mean()) for name in pair)
    by_fold = [values[inside & (parts.fold == k)] for k in np.unique(parts.fold)]
    return Interaction(
        first=pair[0],
        second=pair[1],
        share=share,
        p_value=p_value,
        cell=(cell.first.words, cell.second.words),
        n=int(inside.sum()),
        effect=effect,
        points=float(chance_of(apart + effect, outcome) - chance_of(apart, outcome)),
        agreeing=sum(bool(len(v) and v.mean() * effect > 0) for v in by_fold),
        refits=len(by_fold),
    )
