"""What the data cannot know, asked of the one who can: the figure that prompts it, what is missing, whom to ask."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from icp_ml.report.words import count

Counts = Mapping[str, int]


@dataclass(frozen=True)
class Question:
    """One question of the memo.

    Parameters
    ----------
    role : str
        Whom it is put to.
    seen : str
        The figure that prompts it, a sentence.
    missing : str
        The column, record or setting with which the next run could answer.
    ask : str
        The question.
    """

    role: str
    seen: str
    missing: str
    ask: str


def whom_to_try(counts: Counts) -> Question:
    """Ask for beliefs that no column holds, where no group to pursue stands out."""
    return Question(
        "the head of sales",
        f"Among {count(counts['won'] + counts['lost'], 'decided account')} no group to pursue stands out.",
        "a column in accounts that describes the belief, named under attributes in the config",
        "Which kinds of accounts do you believe in that no column describes?",
    )


def problem_hired_for(counts: Counts, figures: Mapping[str, str]) -> Question:
    """Ask what problem customers hire us for."""
    seen = "; ".join(f"{label}: {value}" for label, value in figures.items())
    return Question(
        "the heads of product and customer success",
        f"{seen}." if seen else f"{count(counts['won'], 'account was', 'accounts were')} won, and no column says why.",
        "a use_case column in opportunities (in the config: attributes, from: opportunities)",
        "Which problem do these customers hire us for, and what forced them to act when they did?",
    )


def behaviour_of_pull(counts: Counts) -> Question:
    """Ask what shows that a customer wants this badly, where nothing of it is measured."""
    return Question(
        "the head of customer success",
        f"Of {count(counts['customers'], 'customer')} none has a measured pull.",
        "rows in the signals table (onboarding, usage, referrals), named under pull in the config",
        "What shows in the first months that a customer wants this badly?",
    )


def who_signs(counts: Counts, whom: str, figure: str) -> Question:
    """Ask for the people in a deal."""
    return Question(
        "the head of sales",
        f"{figure}; no record says who led these deals." if figure else _no_people(counts),
        "a buyer_role column in opportunities",
        f"In deals with {whom}, who signs, who has to agree, and who can stop it?",
    )


def _no_people(counts: Counts) -> str:
    decided = count(counts["won"] + counts["lost"], "decided deal")
    return f"{decided}, and no record of who led them."


def why_lost(counts: Counts) -> Question:
    """Ask why deals are lost, where no reason is recorded."""
    return Question(
        "the head of sales",
        f"{count(counts['lost'], 'account was', 'accounts were')} lost, and no reason is recorded.",
        "the loss_reason and competitor columns of opportunities",
        "Why do we lose, and to whom?",
    )


def cost_of_serving(counts: Counts, pays: str) -> Question:
    """Ask what serving customers costs, where no signal has a cost."""
    told = f"They pay {pays} at the start; " if pays else f"{count(counts['customers'], 'customer')} followed; "
    return Question(
        "the head of finance",
        f"{told}what serving them costs is in no figure here.",
        "economics.signal_costs in the config, and the signals it prices",
        "What does an hour of support, or another signal, cost? Without it a customer that costs more than it pays "
        "looks as good as any.",
    )


def cost_of_pursuing(counts: Counts) -> Question:
    """Ask what pursuing one opportunity costs."""
    decided = counts["won"] + counts["lost"]
    return Question(
        "the head of finance",
        f"{count(decided, 'opportunity was', 'opportunities were')} worked, and each counts as free of cost.",
        "economics.acquisition_cost in the config",
        "What does pursuing one opportunity cost, won or lost?",
    )


def exceptions(pipeline: str) -> Question:
    """Ask who decides on exceptions to an exclusion."""
    open_now = f"{pipeline} are open with accounts to refuse now."
    seen = open_now if pipeline else "The exclusions will be tested by deals."
    return Question(
        "whoever signs this memo",
        seen,
        "exception_reason and exception_approved_by in opportunities, so that exceptions can be followed",
        "Who decides on exceptions to an exclusion, and by when is each one answered?",
    )


def open_in_red(summary: Mapping[str, Any]) -> str:
    """Return the open pipeline of accounts to refuse in words, empty where there is none."""
    found = [tier["open_pipeline"] for tier in summary["tiers_now"] if tier["tier"] == "red"]
    return f"Deals worth {found[0]}" if found and found[0] else ""
