"""Explains one account: points that add up, what matched and on which evidence, and the models' reasons."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from icp_ml.conditions import AttributeLike
from icp_ml.errors import DataError, nearest
from icp_ml.models.chances import chance_of, shared_points
from icp_ml.models.predictors import FittedPredictor
from icp_ml.models.types import Predictor
from icp_ml.release.closest_change import closest_change
from icp_ml.release.folder import ATTRIBUTES, COHORT, Release, read_json
from icp_ml.release.frames import typed_frame
from icp_ml.release.json_text import json_ready
from icp_ml.release.rules import GREEN, RED, ActiveRules
from icp_ml.release.scored import OUTCOMES, score_accounts
from icp_ml.release.similar import GROUPS, percent_alike, similar_accounts
from icp_ml.release.wording import evidence_words, holding_words, value_words

_SHOWN_REASONS = 5
_NEGLIGIBLE = 0.005
_LEAST_POINTS = 0.01
"""A reason that moves the chance by less is told with everything else, unless there is no larger one."""
_PARTS = 4
"""Parts of the churn horizon at whose ends the chance to have left is told."""


@dataclass(frozen=True)
class Explanation:
    """Why an account scores as it does.

    Parameters
    ----------
    account_id, name : str
        The account; the name is empty where the release knows none.
    release_id : str
        Release that scored it.
    reviewed : bool
        Whether a person has decided on the release's proposals.
    score : int
        0..100, what ``icp score`` says.
    points : int
        Base and points added up, before clipping to 0..100.
    base : int
        Score before any points.
    lines : tuple of dict
        ``criterion``, ``text``, ``points`` of every rule that holds; base and points add up to ``points``.
    tier, because : str
        Tier, and why in words.
    matched : tuple of dict
        ``id``, ``kind``, ``text`` and ``evidence`` (words) of the criteria and exclusions that hold.
    p_win, p_churn : float or None
        Calibrated chances; None where the release has no such model.
    segment : str
        Segment id, empty for none.
    models : dict
        By outcome, ``{"kind", "base", "start", "reasons", "others", "by_month", "probability"}``, or ``{"absent":
        reason}``. ``probability`` says whether the chance may be called so, None where the release does not say;
        ``by_month`` are chances to have left by some months up to the horizon, of churn alone. ``reasons`` are the
        largest SHAP values: ``attribute``, ``value``, ``text``, ``effect`` on the log scale and ``points`` of the
        chance. The chance is ``start``, where every account starts, plus all ``points``, plus ``others``, what all the
        rest adds; ``base`` is the start on the log scale. See :func:`icp_ml.models.chances.shared_points`.
    change : dict or None
        From :func:`icp_ml.release.closest_change.closest_change`; None where nothing small alters the tier.
    similar : dict
        From :func:`icp_ml.release.similar.similar_accounts`, or ``absent`` with the reason.
    """

    account_id: str
    name: str
    release_id: str
    reviewed: bool
    score: int
    points: int
    base: int
    lines: tuple[dict[str, Any], ...]
    tier: str
    because: str
    matched: tuple[dict[str, Any], ...]
    p_win: float | None
    p_churn: float | None
    segment: str
    models: dict[str, Any] = field(default_factory=dict)
    change: dict[str, Any] | None = None
    similar: dict[str, Any] = field(default_factory=dict)

    def as_dict(self) -> dict[str, Any]:
        """Return the explanation in JSON's own types."""
        ready: dict[str, Any] = json_ready(vars(self))
        return ready

    def as_text(self) -> str:
        """Return the explanation as plain lines."""
        heading = f"{self.account_id}{f'  {self.name}' if self.name else ''}: {self.tier}, {self.score} of 100"
        state = "reviewed" if self.reviewed else "not reviewed by a person yet"
        lines = [heading, self.because, "", f"Points (release {self.release_id}, {state})", f"  {self.base:+5d}  base"]
        lines += [f"  {line['points']:+5d}  {line['text']} ({line['criterion']})" for line in self.lines]
        clipped = f", clipped to {self.score}" if self.score != self.points else ""
        lines += [f"  {self.points:5d}  score{clipped}", ""]
        lines += [f"Closest change: {self.change['text']}", ""] if self.change else []
        lines += ["Matched" if self.matched else "No rule matched"]
        lines += [f"  {m['id']}  {m['text']}: {m['evidence']}" for m in self.matched]
        lines += ["", f"Segment: {self.segment or 'none'}"]
        for column, outcome in OUTCOMES:
            lines += _model_lines(outcome, getattr(self, column), self.models[outcome])
        lines += _similar_lines(self.similar)
        return "\n".join(lines) + "\n"


def explain_account(
    account_id: str,
    release: Release,
    accounts_file: Path | None = None,
    predictors: Mapping[str, Predictor] | None = None,
) -> Explanation:
    """Explain one account of the release, or of a file of accounts.

    Parameters
    ----------
    account_id : str
        Account to explain.
    release : Release
        What scores it.
    accounts_file : Path, optional
        CSV or Parquet accounts; without it the account's attributes are those the release knew last.
    predictors : mapping, optional
        ``win`` and ``churn``; default: the release's own.

    Raises
    ------
    DataError
        If there is no such account; the message names the nearest id.
    """
    if accounts_file is None:
        frame, name = _from_release(account_id, release)
    else:
        # DuckDB loads only where a file is read.
        from icp_ml.release.scoring import read_account

        frame, name = read_account(account_id, release, accounts_file), ""
    models = release.predictors if predictors is None else predictors
    scored = score_accounts(frame, release.rules, release.segment_rules, release.attributes, models).iloc[0]
    lines = _lines(release.rules, frame)
    points = release.rules.base + sum(line["points"] for line in lines)
    matched = tuple(_matched(release, scored["matched_criteria"]))
    change = closest_change(frame, release.rules, release.attributes)
    return Explanation(
        account_id=account_id,
        name=name,
        release_id=release.id,
        reviewed=release.rules.reviewed,
        score=int(scored["icp_score"]),
        points=points,
        base=release.rules.base,
        lines=lines,
        tier=str(scored["icp_tier"]),
        because=_because(str(scored["icp_tier"]), int(scored["icp_score"]), matched, release.rules),
        matched=matched,
        p_win=_known(scored["p_win"]),
        p_churn=_known(scored["p_churn"]),
        segment=str(scored["segment"]),
        models={
            o: _model_reasons(models.get(o), frame, release.attributes) | _standing(models.get(o), frame, release)
            for _, o in OUTCOMES
        },
        change=None if change is None else asdict(change),
        similar=_similar(account_id, frame, release),
    )


def _similar(account_id: str, frame: pd.DataFrame, release: Release) -> dict[str, Any]:
    try:
        return dict(similar_accounts(account_id, frame, release))
    except DataError as err:
        return {"absent": str(err)}


def _similar_lines(similar: Mapping[str, Any]) -> list[str]:
    """Tell of past accounts like it; nothing where the release knows none."""
    lines = []
    for group, (title, verb) in GROUPS.items():
        if similar.get(group):
            lines += ["", title]
            lines += [f"  {_past(one, verb)}" for one in similar[group]]
    return lines


def _past(one: Mapping[str, Any], verb: str) -> str:
    named = f"{one['account_id']}  {one['name']}".rstrip()
    return f"{named}: {percent_alike(one['likeness'])}% alike, {verb} {one['months']:.0f} months"


def _from_release(account_id: str, release: Release) -> tuple[pd.DataFrame, str]:
    found = release.table(ATTRIBUTES, account_id)
    if found.num_rows == 0:
        known = release.table(ATTRIBUTES).column("account_id").to_pylist()
        raise DataError(
            f"account {account_id!r} is not among the {len(known):,} accounts of release {release.id}"
            f"{nearest_id(account_id, known)}; an account of another file needs --accounts FILE"
        )
    names = release.table(COHORT, account_id).column("name").to_pylist()
    frame = typed_frame(found.slice(0, 1), release.attributes, [account_id])
    return frame, str(names[0] or "") if names else ""


def nearest_id(wanted: str, known: list[str]) -> str:
    """Return the nearest known id in words, looking only at ids that could be a slip of the finger."""
    near = (k for k in known if k and abs(len(k) - len(wanted)) <= 2)
    return nearest(wanted, [k for k in near if k[:2] == wanted[:2] or k[-2:] == wanted[-2:]][:5000])


def _lines(rules: ActiveRules, frame: pd.DataFrame) -> tuple[dict[str, Any], ...]:
    held = [r for r in rules.reasons if r.rule.mask(frame)[0]]
    return tuple({"criterion": r.criterion, "text": r.text, "points": r.points} for r in held)


def _matched(release: Release, ids: str) -> list[dict[str, Any]]:
    entries = {c["id"]: c for c in release.criteria["criteria"]}
    return [
        {
            "id": i,
            "kind": entries[i]["kind"],
            "text": entries[i]["text"],
            "evidence": evidence_words(entries[i]["evidence"], entries[i]["status"]),
        }
        for i in ids.split(";")
        if i
    ]


def _because(tier: str, score: int, matched: tuple[dict[str, Any], ...], rules: ActiveRules) -> str:
    excluded = [m for m in matched if m["kind"] == "exclude"]
    if excluded:
        return f"Red because an exclusion holds: {'; '.join(m['text'] + ' (' + m['id'] + ')' for m in excluded)}."
    if tier == RED:
        return f"Red because the score of {score} is under {rules.red}."
    if tier == GREEN:
        return f"Green because the score of {score} reaches {rules.green} and no exclusion holds."
    return f"Yellow because the score of {score} is from {rules.red} to under {rules.green} and no exclusion holds."


def _model_reasons(
    predictor: Predictor | None, frame: pd.DataFrame, attributes: Mapping[str, AttributeLike]
) -> dict[str, Any]:
    if predictor is None:
        return {"absent": "the release has no such model"}
    row = predictor.explain(frame).iloc[0]
    effects, base = row.drop("base"), float(row["base"])
    points = pd.Series(shared_points(effects.to_numpy(dtype=float), base, predictor.outcome), index=effects.index)
    ranked = effects.abs().sort_values(ascending=False, kind="stable")
    telling = [str(name) for name in ranked.index[ranked >= _NEGLIGIBLE]]
    shown = [name for name in telling if abs(points[name]) >= _LEAST_POINTS][:_SHOWN_REASONS] or telling[:1]
    reasons = [
        {
            "attribute": name,
            "value": value_words(frame[name].iloc[0], attributes[name]),
            "effect": float(effects[name]),
            "points": float(points[name]),
            "text": holding_words(name, frame[name].iloc[0], attributes[name]),
        }
        for name in shown
    ]
    return {
        "kind": predictor.kind,
        "base": base,
        "start": float(chance_of(base, predictor.outcome)),
        "reasons": reasons,
        "others": float(points.drop(shown).sum()),
    }


def _standing(predictor: Predictor | None, frame: pd.DataFrame, release: Release) -> dict[str, Any]:
    """Return whether an outcome's chances are probabilities, and churn on the way to the horizon."""
    if not isinstance(predictor, FittedPredictor):
        return {}
    path = release.folder / "metrics.json"
    told = read_json(path).get("models", {}).get(predictor.outcome, {}) if path.exists() else {}
    horizon = release.criteria["churn_horizon_months"] if predictor.outcome == "churn" else 0
    months = sorted({math.ceil(horizon * part / _PARTS) for part in range(1, _PARTS)} - {0, horizon})
    return {
        "probability": told.get("calibration", {}).get("probabilities"),
        "by_month": {str(m): float(predictor.predict_by(frame, m)[0]) for m in months},
    }


def _model_lines(outcome: str, probability: float | None, model: dict[str, Any]) -> list[str]:
    """Tell a chance as a sum: the lines shown add up to it, to the last digit."""
    label = {"win": "Chance of winning", "churn": "Chance to churn within the horizon"}[outcome]
    if probability is None:
        return ["", f"{label}: not measured ({model.get('absent', 'no model')})"]
    ranks = ", which ranks accounts and is not shown to be a probability" if model.get("probability") is False else ""
    lines = ["", f"{label}: {probability:.1%}{ranks}"]
    if on_the_way := model.get("by_month"):
        lines.append("  by month " + ", ".join(f"{month}: {chance:.1%}" for month, chance in on_the_way.items()))
    if not model["reasons"]:
        return [*lines, "  the same for every account: the model does better with none of the attributes"]
    start, moves = round(100 * model["start"], 1), [round(100 * r["points"], 1) for r in model["reasons"]]
    others = round(round(100 * probability, 1) - start - sum(moves), 1)
    lines += [f"  {start:6.1f}  where every account starts"]
    lines += [f"  {move:+6.1f}  {r['text']}" for move, r in zip(moves, model["reasons"], strict=True)]
    lines += [f"  {others:+6.1f}  everything else"] if others else []
    return [*lines, f"  {100 * probability:6.1f}  percent; points are the model's own, associated with the value named"]


def _known(value: float) -> float | None:
    return None if np.isnan(value) else float(value)
