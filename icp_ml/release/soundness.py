"""What must hold of a release by itself before it may become the champion: calibrated, and made for who comes now."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from icp_ml.models import metrics
from icp_ml.models.calibration import LARGEST_OFFSET, SLOPES, outside
from icp_ml.release.folder import Release, read_json
from icp_ml.release.holdout import HeldOut
from icp_ml.release.pairing import Side

MOST_UNSEEN = 0.01
"""Share of the accounts to score that may have a level no account behind the models had."""
_DRAWS = 300


@dataclass(frozen=True)
class Check:
    """One gate.

    ``passed`` is None where it could not be judged, which does not close it; ``text`` is the reason with its figures,
    ``gist`` the reason in a few words, where that is shorter.
    """

    name: str
    passed: bool | None
    text: str
    gist: str = ""


def soundness(release: Release, own: Mapping[str, Side], random_state: int) -> list[Check]:
    """Judge a release by itself.

    Parameters
    ----------
    release : Release
        The release.
    own : mapping of str to Side
        Its models and held-out accounts, by outcome.
    random_state : int
        Seed of the resamples.
    """
    calibrated = [
        _calibration(outcome, side.predictor.kind, side.held_out, random_state)
        for outcome, side in own.items()
        if side.predictor is not None and side.held_out is not None
    ]
    return [*calibrated, *_newcomers(release)]


def _calibration(outcome: str, kind: str, held: HeldOut, random_state: int) -> Check:
    """Close the gate where forecasts of held-out accounts were clearly off, in spread or altogether."""
    frame = held.frame
    p, case, control = (frame[name].to_numpy(dtype=float) for name in ("shipped", "case", "control"))
    weight = metrics.resample_weights(len(p), _DRAWS, random_state)
    level = metrics.calibration(weight, p, case, control, fixed_slope=True)
    off = outside(level, (-LARGEST_OFFSET, LARGEST_OFFSET))
    name, told = f"{outcome}_calibrated", [_ends(level, "calibration in the large {:+.2f} log-odds")]
    # A base rate tells nobody apart: its spread is that of the rate between cut-offs, which is no skill to calibrate.
    if kind != "base_rate":
        slope = metrics.calibration(weight, p, case, control, fixed_slope=False)
        off = off or outside(slope, SLOPES)
        told.append(_ends(slope, "slope {:.2f}"))
    verdict = "clearly off" if off else "not clearly off"
    text = f"{outcome}: forecasts of {len(p):,} held-out accounts are {verdict} ({', '.join(told)})"
    return Check(name, not off, text, f"{outcome}: forecasts are {verdict}")


def _newcomers(release: Release) -> list[Check]:
    """Read what the release found of the accounts that came last."""
    found = read_json(release.folder / "checks.json").get("newcomers")
    if found is None:
        return [Check("newcomers", None, "the release did not compare the accounts that came last with earlier ones")]
    strange = {
        name: entry for name, entry in found["unseen"].items() if entry["share"] > MOST_UNSEEN and entry["enough"]
    }
    named = ", ".join(f"{name} ({entry['share']:.1%})" for name, entry in strange.items())
    levels = f"{found['to_score']:,} accounts still to be won"
    unseen = (
        f"levels that no account behind the models had, in over {MOST_UNSEEN:.0%} of {levels}: {named}"
        if strange
        else f"no level unseen by the models in over {MOST_UNSEEN:.0%} of {levels}"
    )
    drift = "; ".join(found["sentences"]) or found["told"]
    return [
        Check("unseen_levels", not strange, unseen),
        Check("drift", None if found["alarm"] is None else not found["alarm"], drift),
    ]


def _ends(draws: np.ndarray, form: str) -> str:
    """Write a figure with its interval."""
    low, high = metrics.interval(draws[1:])
    if low is None or high is None or not np.isfinite(draws[0]):
        return form.split("{")[0] + "undefined, too few events"
    return f"{form.format(draws[0])}, 90 % interval {low:.2f} to {high:.2f}"
