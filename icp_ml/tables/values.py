"""The user's words for outcomes, kinds and the like, turned into the standard ones."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from icp_ml.config.schema import Config
from icp_ml.config.standard import KINDS, OUTCOMES
from icp_ml.errors import nearest
from icp_ml.tables.tables import Issue
from icp_ml.tables.view import TableView

REST = "*"


def map_values(view: TableView, config: Config) -> tuple[TableView, list[Issue]]:
    """Return the view with standard words, and the words that have no standard one.

    ``outcome`` and ``kind`` must end in the contract's words; an empty ``kind`` is ``new``. Words compare exactly
    first, then without case and outer spaces. A lost deal with one of ``outcomes.refused_reasons`` was refused.
    """
    table = config.table(view.name)
    frame = view.frame.copy()
    issues: list[Issue] = []
    for column, mapped in table.values.items():
        if column not in ("outcome", "kind") or view.name != "opportunities":
            frame[column] = translate(frame[column], mapped)
    if view.name != "opportunities":
        return view.with_frame(frame), issues
    for column, allowed in (("outcome", OUTCOMES), ("kind", KINDS)):
        own: dict[str, list[str] | str] = {word: [word] for word in allowed}
        words = frame[column] if column == "outcome" else frame[column].fillna("new")
        found = translate(words, _joined(table.values.get(column, {}), own))
        unknown = ~found.isin(allowed)
        if column in view.mapping.columns:
            issues += _unknown(view, column, unknown, words, allowed)
        frame[column] = found.where(~unknown)
    declined = (frame["outcome"] == "lost") & frame["loss_reason"].isin(config.outcomes.refused_reasons)
    frame["outcome"] = frame["outcome"].mask(declined, "refused")
    return view.with_frame(frame), issues


def translate(words: pd.Series, mapped: Mapping[str, list[str] | str]) -> pd.Series:
    """Return each word's standard one; ``"*"`` takes all the rest, the empty included; without it they stay.

    >>> translate(pd.Series(["Closed Won", "closed won ", "Demo"]), {"won": ["Closed Won"], "open": "*"}).tolist()
    ['won', 'won', 'open']
    """
    exact: dict[str, str] = {}
    rest: str | None = None
    for standard, listed in mapped.items():
        for word in [listed] if isinstance(listed, str) else listed:
            if word == REST:
                rest = standard
            else:
                exact[word] = standard
    loose = {_loose(word): standard for word, standard in reversed(exact.items())}
    levels = {
        word: exact.get(word, loose.get(_loose(word), rest if rest is not None else word))
        for word in words.dropna().unique()
    }
    return words.map(levels).fillna(rest).astype("str") if rest is not None else words.map(levels).astype("str")


def _loose(word: str) -> str:
    return word.strip().casefold()


def _joined(given: Mapping[str, list[str] | str], own: Mapping[str, list[str] | str]) -> dict[str, list[str] | str]:
    """Return the config's values, with the standard words still meaning themselves where it says nothing of them."""
    taken = {_loose(w) for listed in given.values() for w in ([listed] if isinstance(listed, str) else listed)}
    joined: dict[str, list[str] | str] = {}
    for standard, words in own.items():
        listed = given.get(standard, [])
        mine = [w for w in words if _loose(w) not in taken]
        joined[standard] = [*([listed] if isinstance(listed, str) else listed), *mine]
    return joined


def _unknown(
    view: TableView, column: str, unknown: pd.Series, words: pd.Series, allowed: tuple[str, ...]
) -> list[Issue]:
    hints = "".join(nearest(str(word), allowed) for word in words[unknown].dropna().unique()[:1])
    return view.issue(
        f"unknown_{column}",
        "stop",
        unknown,
        f"every {column} must be one of {', '.join(allowed)}",
        f"map them under tables.{view.name}.values.{column}{hints}",
        column,
        words,
    )
