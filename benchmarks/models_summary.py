"""The models' figures on many worlds as tables, each figure beside its target."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from benchmarks.models_censored import MODELS, WRONG
from benchmarks.models_compare import Ends, mean_interval
from benchmarks.models_truth import has_signal
from benchmarks.worlds_summary import Table

MOST_GAP = 0.008
MOST_SPREAD = 0.02
SLOPE = (0.9, 1.1)
FEWEST_SLOPES = 20
MOST_CONCORDANCE_GAP = 0.02
MOST_EXCESS = 0.03
LEAST_IMPROVEMENT = 0.10

Result = Mapping[str, Any]

TRUTH = Table(
    (
        ("kind", 22), ("outcome", 7), ("worlds", 6), ("ships", 14), ("AUC there", 9), ("gap", 7), ("boosted", 7),
        ("largest", 7), ("unreachable", 11), ("sd", 6), ("largest sd", 10), ("slope told", 10), ("true slope", 10),
        ("bias", 7), ("Brier above", 11), ("target", 26),
    )
)  # fmt: skip
TRUTH_READING = """\
ships: worlds in which the boosted model / the logistic regression / the base rate ships. AUC there: of the true
probabilities, expected over outcomes, on 40,000 fresh accounts. gap: that less ours, mean over worlds; boosted: the
gap of the boosted model, whichever ships; unreachable: the part of the gap that missing values make, out of anybody's
reach. sd: of our predictions, mean over worlds. slope told: the calibration slope out of time as the release tells it;
true slope: on the fresh accounts. bias: mean predicted less true. Brier above: our expected Brier score over that of
the truth."""
CENSORED = Table(
    (
        ("kind", 22), ("worlds", 6), ("censored", 8), ("model", 9), ("Uno's C", 7), ("IPCW Brier", 10),
        ("Brier", 7), ("ours better by", 14),
    )
)  # fmt: skip
CENSORED_READING = """\
Uno's C and IPCW Brier score on the customers among 40,000 later accounts, followed and censored as the world's own are;
Brier: expected under the true probabilities of all of them. ours: what ships. boosted: the boosted model, whichever
ships; weighted: the same trees on known status, weighted against censoring; dropped, retained, grown up: without the
customers of unknown status, with these called kept, and with those alone whose horizon has passed. ours better by: how
far our Brier score is below."""


@dataclass(frozen=True)
class Verdict:
    """A target: what was asked, what was found, and whether it holds; ``None`` where it could not be judged."""

    text: str
    holds: bool | None

    def line(self) -> str:
        """Return it as one line."""
        word = {True: "passed", False: "missed", None: "not judged"}[self.holds]
        return f"{word}: {self.text}"


def truth_cells(kind: str, outcome: str, results: Sequence[Result]) -> list[str]:
    """Return one line of the table of one outcome: figures are means over the worlds that have a model."""
    found = [r[outcome] for r in results if "absent" not in r[outcome]]
    if not found:
        return [kind, outcome, f"0 of {len(results)}", *[""] * (len(TRUTH.heads) - 3)]
    ships = "/".join(str(sum(r["kind"] == k for r in found)) for k in ("boosted", "logistic", "base_rate"))
    told, true = _known(found, "slope_reported"), _known(found, "slope")
    return [
        kind, outcome, f"{len(found)}", ships, f"{_mean(found, 'auc'):.3f}", f"{_mean(found, 'gap'):.4f}",
        f"{_mean(found, 'boosted_gap'):.4f}", f"{max(r['gap'] for r in found):.4f}",
        f"{_mean(found, 'unreachable'):.4f}", f"{_mean(found, 'sd'):.3f}",
        f"{max(r['sd'] for r in found):.3f}", _mean_words(told), _mean_words(true), f"{_mean(found, 'bias'):+.3f}",
        f"{_mean(found, 'excess'):.1%}", _row_target(found),
    ]  # fmt: skip


def truth_verdicts(results: Mapping[str, Sequence[Result]]) -> list[Verdict]:
    """Return the verdicts over all kinds: gap, spread on noise, calibration slope."""
    everything = [
        r[outcome] for kind in results.values() for r in kind for outcome in ("churn", "win") if "gap" in r[outcome]
    ]
    signal, noise = [r for r in everything if has_signal(r)], [r for r in everything if not has_signal(r)]
    return [v for v in (_gap_verdict(signal), _noise_verdict(noise)) if v] + [
        verdict for verdict in (_slope_verdict(signal, key, words) for key, words in _SLOPES) if verdict
    ]


_SLOPES = (
    ("slope_reported", "calibration slope out of time as told"),
    ("slope", "true calibration slope on fresh accounts"),
)


def censored_lines(kind: str, results: Sequence[Result]) -> list[list[str]]:
    """Return a kind's lines of the table of censored worlds, one a model."""
    lines = []
    for name in MODELS:
        found = [r["censored_models"] for r in results if name in r["censored_models"]]
        if not found:
            lines.append([kind, "0", "", name, "", "", "", ""])
            continue
        figures = [float(np.mean([f[name][key] for f in found])) for key in ("uno_c", "ipcw_brier", "brier")]
        share = float(np.mean([r["censored"] for r in results]))
        better = [f"{100 * value:+.1f} %" for value in [improvement(found, name)] if value is not None]
        lines.append([kind, f"{len(found)}", f"{share:.2f}", name, *(f"{x:.4f}" for x in figures), *(better or [""])])
    return lines


def censored_verdicts(kind: str, results: Sequence[Result]) -> list[Verdict]:
    """Return the verdicts on one kind of censored worlds."""
    found = [r["censored_models"] for r in results if "ours" in r["censored_models"]]
    if not found:
        return [Verdict(f"{kind}: no churn model in any of {len(results)} worlds", None)]
    short = mean_interval(np.array([f["oracle"]["uno_c"] - f["ours"]["uno_c"] for f in found]))
    above = mean_interval(np.array([f["ours"]["ipcw_brier"] / f["oracle"]["ipcw_brier"] - 1 for f in found]))
    told = [
        Verdict(
            f"{kind}: Uno's C {_words(short)} below the oracle's, at most {MOST_CONCORDANCE_GAP}",
            short.estimate <= MOST_CONCORDANCE_GAP,
        ),
        Verdict(
            f"{kind}: IPCW Brier score {100 * above.estimate:.1f} % ({100 * above.low:.1f} to {100 * above.high:.1f}) "
            f"above the oracle's, at most {100 * MOST_EXCESS:.0f} %",
            above.estimate <= MOST_EXCESS,
        ),
    ]
    return told + [_improvement_verdict(kind, found, name) for name in WRONG]


def improvement(found: Sequence[Result], name: str, ours: str = "ours") -> float | None:
    """Return by what share our Brier score is below another's, mean over worlds; None beside itself or where absent."""
    both = [f for f in found if ours in f and name in f]
    if name == ours or not both:
        return None
    return float(np.mean([1 - f[ours]["brier"] / f[name]["brier"] for f in both]))


def _improvement_verdict(kind: str, found: Sequence[Result], name: str) -> Verdict:
    """Judge ours beside a wrong label; where even the oracle gains less than asked, nobody can."""
    gain, most = improvement(found, name), improvement(found, name, "oracle")
    if gain is None or most is None:
        return Verdict(f"{kind}: {name} could not be fitted", None)
    text = (
        f"{kind}: Brier score {100 * gain:.1f} % below {name}, at least {100 * LEAST_IMPROVEMENT:.0f} %; "
        f"the oracle's is {100 * most:.1f} % below"
    )
    if gain < LEAST_IMPROVEMENT and most < LEAST_IMPROVEMENT:
        return Verdict(f"{text}, so that it is out of reach here", None)
    return Verdict(text, gain >= LEAST_IMPROVEMENT)


def _row_target(found: Sequence[Result]) -> str:
    """Judge one line: the gap where accounts differ, the spread where they do not."""
    if has_signal(found[0]):
        return f"gap at most {MOST_GAP}: {_word(_mean(found, 'gap') <= MOST_GAP)}"
    return f"sd at most {MOST_SPREAD}: {_word(_mean(found, 'sd') <= MOST_SPREAD)}"


def _gap_verdict(signal: Sequence[Result]) -> Verdict | None:
    if not signal:
        return None
    gap = mean_interval(np.array([r["gap"] for r in signal]))
    text = f"AUC {_words(gap)} below the oracle's over {len(signal)} models with signal, at most {MOST_GAP}"
    return Verdict(text, gap.estimate <= MOST_GAP)


def _noise_verdict(noise: Sequence[Result]) -> Verdict | None:
    if not noise:
        return None
    above = sum(r["sd"] > MOST_SPREAD for r in noise)
    text = (
        f"predictions spread by {_mean(noise, 'sd'):.4f} over {len(noise)} models of noise, at most {MOST_SPREAD}; "
        f"by more than that in {above}, by {max(r['sd'] for r in noise):.3f} where most"
    )
    return Verdict(text, _mean(noise, "sd") <= MOST_SPREAD)


def _slope_verdict(signal: Sequence[Result], key: str, words: str) -> Verdict | None:
    slopes = np.array(_known(signal, key))
    if not len(slopes):
        return None
    mean = mean_interval(slopes)
    text = (
        f"{words}: mean {mean.estimate:.2f} ({mean.low:.2f} to {mean.high:.2f}), median {np.median(slopes):.2f} over "
        f"{len(slopes)} models with signal, from {SLOPE[0]} to {SLOPE[1]}"
    )
    return Verdict(text, SLOPE[0] <= mean.estimate <= SLOPE[1] if len(slopes) >= FEWEST_SLOPES else None)


def _known(found: Sequence[Result], key: str) -> list[float]:
    return [float(r[key]) for r in found if r[key] is not None]


def _mean(found: Sequence[Result], key: str) -> float:
    return float(np.mean([r[key] for r in found]))


def _mean_words(values: Sequence[float]) -> str:
    return f"{np.mean(values):.2f}" if values else "-"


def _words(ends: Ends) -> str:
    return f"{ends.estimate:.4f} ({ends.low:.4f} to {ends.high:.4f})"


def _word(holds: bool) -> str:
    return "passed" if holds else "missed"
