"""What ``icp train`` found: a document, words on a terminal, and the text of its MLflow run."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from icp_ml.models.comparison import Comparison
from icp_ml.models.tuning_result import Tuning
from icp_ml.models.types import ModelReport, Models
from icp_ml.release.json_text import json_ready
from icp_ml.report.metrics import model_document
from icp_ml.report.models import told_models
from icp_ml.report.proposals import Told

TRIAL = (
    "This was a trial: nothing of it ships. What ships is a release; 'icp discover' fits its models again, with the "
    "settings that are kept."
)
REFIT = (
    "The figures come from fits that never saw the accounts they are judged on; the registered model is the refit on "
    "everything."
)
_SHOWN = ("events", "auc", "brier", "brier_skill", "calibration_slope", "calibration_intercept", "lift_top_decile")
"""Figures of the table; the rest is in the document and in MLflow."""
_NOT_TUNED = "No settings were searched for; the model has the built-in ones, which are good untuned."
_WORDS = {"churn": "who leaves", "win": "who is won"}
_WIDE = 96
"""Columns of a terminal that hold three figures with their intervals beside a label."""


def training_document(
    name: str, as_of: str, models: Models, tunings: Mapping[str, Tuning], currency: str | None = None
) -> dict[str, Any]:
    """Return what there is to say of a training, as JSON-ready values.

    Parameters
    ----------
    name, as_of : str
        Company, last day of the data.
    models : Models
        Fitted with the settings that are kept.
    tunings : mapping of str to Tuning
        By outcome, what the search for settings brought; empty where none was made.
    currency : str, optional
        Of figures in money.

    Returns
    -------
    dict
        ``name``, ``as_of``, ``headline``, ``absent`` (outcome to reason) and ``models``: by outcome ``plain``,
        ``verdict``, ``metrics`` (every figure with interval and n), ``tuning``, and what a table shows.
    """
    reports = {report.outcome: report for report in (models.churn, models.win) if report is not None}
    told = {t["outcome"]: t for t in told_models({"models": {o: _shown(r) for o, r in reports.items()}}, currency)}
    document: dict[str, Any] = json_ready(
        {
            "name": name,
            "as_of": as_of,
            "headline": _headline(list(reports), tunings),
            "absent": dict(models.absent),
            "models": {o: _model(r, told[o], tunings.get(o)) for o, r in reports.items()},
        }
    )
    return document


def print_training(document: Mapping[str, Any], console: Console, places: Mapping[str, str]) -> None:
    """Print a training: the verdict, each model beside its baselines, what tuning brought, where to look next.

    Parameters
    ----------
    document : mapping
        From :func:`training_document`.
    console : Console
        Where to.
    places : mapping
        What to where it is.
    """
    console.print(Text(f"{document['name']}, as of {document['as_of']}: a trial of the models", style="bold"))
    console.print(Text(document["headline"], style="bold"))
    for line in told_champion(document):
        console.print(Text(line))
    for model in document["models"].values():
        console.print()
        console.print(Text(f"{model['title']}: {model['plain']}" if model["plain"] else model["title"], style="bold"))
        console.print(Text(model["verdict"]))
        console.print(_table(model, console.width < _WIDE))
        console.print(Text(f"Tuning: {model['tuning']['verdict']}"))
    for outcome, reason in document["absent"].items():
        console.print()
        console.print(Text(f"No model of {_WORDS[outcome]}: {reason}."))
    console.print()
    console.print(Text(f"{REFIT} {TRIAL}"))
    console.print()
    for what, where in places.items():
        console.print(Text(f"  {what}: {where}"), soft_wrap=True)


def training_note(document: Mapping[str, Any]) -> str:
    """Return the text of the MLflow run, as Markdown."""
    parts = [f"**{document['headline']}**", *told_champion(document)]
    parts += [f"**{m['title']}.** {m['verdict']} {m['tuning']['verdict']}" for m in document["models"].values()]
    parts += [f"No model of {_WORDS[outcome]}: {reason}." for outcome, reason in document["absent"].items()]
    return "\n\n".join([*parts, f"{REFIT} {TRIAL}"]) + "\n"


def told_champion(document: Mapping[str, Any]) -> list[str]:
    """Return whether the champion still holds, in sentences; empty where there is no champion to look at."""
    if not (champion := document.get("champion")):
        return []
    first, *rest = champion["sentences"]
    return [f"The champion {champion['release_id']}. {first}", *rest]


def outcome_note(document: Mapping[str, Any], outcome: str) -> str:
    """Return the text of one outcome's MLflow run, as Markdown."""
    model = document["models"][outcome]
    return f"{model['verdict']}\n\n{model['tuning']['verdict']}\n\n{REFIT}\n"


def tuning_figures(tuning: Tuning | None) -> dict[str, float]:
    """Return what tuning brought on the later accounts, by flat name; empty where nothing was tried on them."""
    if tuning is None or tuning.comparison is None or tuning.support is None:
        return {}
    found, pairs = tuning.comparison, tuning.comparison.pairs
    low, high = found.interval("brier")
    figures = {
        "tuning_brier_built_in": found.champion["brier"],
        "tuning_brier_found": found.challenger["brier"],
        "tuning_gain": found.gain("brier"),
        "tuning_support": tuning.support,
        "tuning_later_accounts": float(len(pairs.case)),
        "tuning_later_events": float(pairs.events),
    }
    return figures | (
        {"tuning_gain_low": low, "tuning_gain_high": high} if low is not None and high is not None else {}
    )


def _headline(outcomes: list[str], tunings: Mapping[str, Tuning]) -> str:
    if not outcomes:
        return "No model could be trained."
    found = [o for o in outcomes if o in tunings and tunings[o].found]
    if found:
        words = " and ".join(_WORDS[o] for o in found)
        return f"Tuning found better settings for the model of {words}; 'icp discover' uses them from now on."
    if any(tunings[o].trials for o in outcomes if o in tunings):
        return "Tuning found nothing that beats the built-in settings on later accounts; they stay."
    return "The models have the built-in settings."


def _shown(report: ModelReport) -> dict[str, Any]:
    """Return a model's document with the figures that fit on a terminal."""
    document: dict[str, Any] = json_ready(model_document(report))
    return document | {"metrics": [m for m in document["metrics"] if m["name"] in _SHOWN]}


def _model(report: ModelReport, told: Told, tuning: Tuning | None) -> dict[str, Any]:
    return {
        "title": told["title"],
        "ships": report.predictor.kind,
        "plain": told["plain"],
        "verdict": report.verdict,
        "tested": told["tested"],
        "caption": told["caption"],
        "kinds": told["kinds"],
        "rows": [{"label": row["label"], "cells": row["cells"]} for row in told["figures"]],
        "metrics": [
            {
                "name": m.name,
                "model": m.model,
                "value": m.value,
                "low": m.low,
                "high": m.high,
                "n": m.n,
                "split": m.split,
            }
            for m in report.metrics
        ],
        "tuning": _tuning(tuning),
    }


def _tuning(tuning: Tuning | None) -> dict[str, Any]:
    """Return what tuning brought; that nothing was searched for is said too."""
    if tuning is None:
        return {"found": False, "verdict": _NOT_TUNED, "trials": 0}
    said = {"found": tuning.found, "verdict": tuning.verdict, "trials": len(tuning.trials)}
    said |= {"until": tuning.until} if tuning.until else {}
    said |= {"settings": tuning.settings.state()} if tuning.found else {}
    return said | ({"later": _later(tuning.comparison, tuning)} if tuning.comparison else {})


def _later(found: Comparison, tuning: Tuning) -> dict[str, Any]:
    low, high = found.interval("brier")
    return {
        "n": len(found.pairs.case),
        "events": found.pairs.events,
        "brier_built_in": found.champion["brier"],
        "brier_found": found.challenger["brier"],
        "gain": {"estimate": found.gain("brier"), "low": low, "high": high, "level": 0.90},
        "support": tuning.support,
    }


def _stacked(cell: str) -> str:
    """Put a figure's interval on a line of its own.

    >>> _stacked("0.772 (0.717 to 0.819)").splitlines()
    ['0.772', '0.717 to 0.819']
    """
    value, _, interval = cell.partition(" (")
    return f"{value}\n{interval.removesuffix(')')}" if interval else cell


def _table(model: Mapping[str, Any], narrow: bool) -> Table:
    """Return the figures of each kind of model side by side."""
    table = Table(title=model["caption"], title_justify="left", title_style="", box=None, pad_edge=False)
    table.add_column("")
    for kind in model["kinds"]:
        table.add_column(kind, justify="right")
    for row in model["rows"]:
        table.add_row(Text(row["label"]), *(Text(_stacked(cell) if narrow else cell) for cell in row["cells"]))
    return table
