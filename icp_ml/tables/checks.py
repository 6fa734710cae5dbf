"""Defects that show only across columns or rows: order of dates, overlaps, attributes that tell nothing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import pandas as pd

from icp_ml.config.schema import Attribute, Config
from icp_ml.tables.parsing import MISSING_WORDS
from icp_ml.tables.tables import Issue
from icp_ml.tables.typed import date_hint
from icp_ml.tables.view import CLOSED, TableView

MOST_HANDLED = 0.20


def closing_dates(view: TableView, config: Config) -> list[Issue]:
    """Return closed deals whose closing date is empty or unreadable; an open deal's is a forecast and is ignored."""
    frame = view.frame
    if CLOSED not in frame.columns:
        return []
    closed = frame["outcome"].isin(["won", "lost", "refused"]) & frame["closed_at"].isna()
    empty = frame[CLOSED].fillna("").str.strip().str.lower().isin(MISSING_WORDS)
    hint = date_hint(view.name, config.table("opportunities"))
    must = "every filled cell must be a date"
    issues = view.issue("unparsable_date", "stop", closed & ~empty, must, hint, "closed_at", frame[CLOSED])
    must = "a won, lost or refused deal must have a closing date"
    do = "fill them in, or map these outcomes to open"
    return issues + view.issue("missing_value", "stop", closed & empty, must, do, "closed_at", frame["outcome"])


def closed_before_created(view: TableView) -> list[Issue]:
    """Return closed deals that closed before they were created."""
    frame = view.frame
    early = frame["outcome"].isin(["won", "lost", "refused"]) & (frame["closed_at"] < frame["created_at"])
    must = "a deal must not close before it is created"
    do = "their sales cycle counts as missing and the earlier day as the decision"
    dates = _spans(frame["created_at"], frame["closed_at"])
    return view.issue("closed_before_created", "handled", early, must, do, "closed_at", dates)


def ended_before_started(view: TableView) -> list[Issue]:
    """Return periods that end before they start."""
    frame = view.frame
    early = frame["ended_at"] < frame["started_at"]
    dates = _spans(frame["started_at"], frame["ended_at"])
    must, do = "a period must not end before it starts", "mend the dates"
    return view.issue("ended_before_started", "stop", early, must, do, "ended_at", dates)


def overlapping_periods(view: TableView) -> list[Issue]:
    """Return periods of one account that start before an earlier one has ended; their ARR adds."""
    frame = view.frame[view.frame["started_at"].notna()].sort_values(["account_id", "started_at"], kind="stable")
    ends = frame["ended_at"].fillna(pd.Timestamp.max.floor("D"))
    earlier = ends.groupby(frame["account_id"]).cummax().groupby(frame["account_id"]).shift()
    overlap = (frame["started_at"] < earlier).reindex(view.frame.index, fill_value=False)
    must = "periods of one account should follow one another"
    do = "where they overlap their ARR adds; if one replaces another, end the earlier"
    return view.issue("overlapping_periods", "warning", overlap, must, do, "started_at")


def attribute_levels(view: TableView, attributes: Mapping[str, Attribute]) -> list[Issue]:
    """Return attributes that are all missing or constant, hold look-alike levels, or levels outside their order."""
    issues: list[Issue] = []
    for name, attribute in attributes.items():
        if name not in view.frame.columns or attribute.use == "ignore" or view.frame.empty:
            continue
        if name not in view.mapping.attributes and name not in view.mapping.columns:
            continue
        values = view.frame[name]
        levels = _levels(values, attribute)
        if len(levels) < 2:
            issues.append(_says_nothing(view, name, levels, values))
        if attribute.type in ("category", "tags"):
            issues += _look_alikes(view, name, levels)
        outside = [level for level in levels if attribute.order is not None and level not in attribute.order]
        if outside:
            what = f"levels outside attributes.{name}.order: {_listed(outside)}; ordered conditions never hold for them"
            issues.append(_note(view, "level_outside_order", name, what + "; add them to the order"))
    return issues


def _levels(values: pd.Series, attribute: Attribute) -> list[str]:
    """Return the distinct values; for tags the distinct tags, and the empty list as one more."""
    if attribute.type == "tags":
        cells = [cell for cell in values if cell is not None]
        return sorted({tag for cell in cells for tag in cell} | ({""} if any(not cell for cell in cells) else set()))
    return sorted(f"{v:g}" if isinstance(v, float) else str(v) for v in values.dropna().unique())


def _says_nothing(view: TableView, name: str, levels: Sequence[str], values: pd.Series) -> Issue:
    if values.isna().all() or list(levels) in ([], [""]):
        return _note(view, "all_missing", name, "no row has a value; the attribute tells nothing, so take it out")
    what = f"every filled row holds {levels[0]!r}; the attribute tells nothing, so take it out"
    return _note(view, "constant_attribute", name, what)


def _look_alikes(view: TableView, name: str, levels: Sequence[str]) -> Iterable[Issue]:
    groups: dict[str, list[str]] = {}
    for level in levels:
        groups.setdefault(" ".join(level.split()).casefold(), []).append(level)
    alike = [group for group in groups.values() if len(group) > 1]
    if alike:
        shown = "; ".join(_listed(group) for group in alike[:5])
        what = f"levels that differ only by case or spaces count as different: {shown}"
        yield _note(view, "similar_levels", name, what + "; spell them alike in the data")


def _note(view: TableView, code: str, name: str, what: str) -> Issue:
    message = f"{view.place(name)}: {what}"
    return Issue(code, view.name, message, "warning", view.mapping.spelled(name), of=len(view.frame))


def too_much_handled(issues: Sequence[Issue]) -> list[Issue]:
    """Return a stop for everything handled in more than 20 % of a table's rows."""
    return [
        Issue(
            "too_many_handled",
            issue.table,
            f"at most {MOST_HANDLED:.0%} of a table may be handled in one way; it is {issue.rows:,} of {issue.of:,} of "
            f"{issue.table}: {issue.message}",
            "stop",
            issue.column,
            issue.rows,
            issue.of,
            issue.examples,
        )
        for issue in issues
        if issue.level == "handled" and issue.rows > MOST_HANDLED * issue.of
    ]


def _spans(first: pd.Series, last: pd.Series) -> pd.Series:
    return first.dt.strftime("%Y-%m-%d") + " to " + last.dt.strftime("%Y-%m-%d")


def _listed(levels: Sequence[str]) -> str:
    return ", ".join(repr(level) for level in levels[:5]) + (", ..." if len(levels) > 5 else "")
