"""The few words a reader of the report has to know."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from icp_ml.report.words import count


def glossary(summary: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return at most 15 words with their meaning; those of a side that was not measured are left out.

    Parameters
    ----------
    summary : mapping
        From :func:`icp_ml.report.summary.summarise`.
    """
    months = count(summary["horizon"], "month")
    measured = {figure["name"] for figure in summary["data"]["figures"] if "value" in figure}
    words = [
        ("win_rate", "Decided account", "Its first new deal was won or lost; open and declined deals do not count."),
        ("churn", "Left", f"Ended its contract without a new one, within {months} of the start if not said otherwise."),
        ("", "Exclusion", "A rule that says whom to refuse (X1, X2 ...)."),
        ("", "Criterion", "A rule that says whom to pursue (C1, C2 ...); it holds among accounts no exclusion hits."),
        ("", "The rest", "All other accounts that could be measured in the same way."),
        ("", "Points of difference", "From 10 % to 15 % are 5 points."),
        ("", "Range", "Where the true figure lies in 9 cases of 10, given how few accounts were seen."),
        ("", "Score, tier", "A sum of whole points from 0 to 100, and the three steps it is cut into."),
        ("", "Segment", "A group of accounts with one short rule that differs from the others in what happens."),
        ("pull", "Pull", "How much customers want it, from behaviour: 1 to 5 among those of the same year."),
        ("grr", "Revenue kept", f"What customers pay after {months}, in percent of what they started with."),
        ("opportunity_value", "Earned per opportunity", "Win rate times margin on revenue kept, less known costs."),
        ("", "Open pipeline", "Yearly value of the deals that are open now."),
        ("", "Later accounts", "Those decided after the ones a model or rule had seen; the honest test."),
    ]  # fmt: skip
    return [(word, meaning) for name, word, meaning in words if not name or name in measured]
