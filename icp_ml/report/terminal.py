"""The summary on a terminal: what a GTM lead needs to see, and where the rest is."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from rich.console import Console
from rich.padding import Padding
from rich.text import Text

from icp_ml.report.proposals import Told
from icp_ml.report.words import count

_STYLES = {"green": "green", "yellow": "yellow", "red": "red"}
_VERDICTS = {"high pull": "bold green", "promising": "green", "average": "", "avoid": "red"}
_SEGMENT_FIGURES = ("win_rate", "churn", "grr", "nrr", "pull", "arr")
_RECEIPT_LINES = 8
_STATED_RECEIPT_LINES = 2
_SHOWN_WARNINGS = 8
_DIFFERENCES = 1


def print_summary(summary: Mapping[str, Any], console: Console, places: Mapping[str, str]) -> None:
    """Print the summary.

    Parameters
    ----------
    summary : mapping
        From :func:`icp_ml.report.summary.summarise`.
    console : Console
        Where to.
    places : mapping
        What to where it is: files, the MLflow run, the next command.
    """
    page = _Page(console)
    page.line(f"{summary['name']}, as of {summary['as_of']}, release {summary['release_id']}", "bold")
    page.line(summary["verdict"]["headline"], "bold")
    page.lines(summary["verdict"]["sentences"])
    page.lines(summary["no_evidence"], indent=2)
    page.decided_before(summary["decided_before"])
    page.section("What the data holds", [*summary["data"]["sentences"], *summary["data"]["left_out"]])
    page.proposals("Refuse", summary["exclusions"], "red")
    page.proposals("Pursue", summary["criteria"], "green")
    if summary["not_proposed"] and (summary["exclusions"] or summary["criteria"]):
        page.line(summary["not_proposed"], indent=2)
    if summary["stated"]:
        page.stated(summary["stated"])
    page.segments(summary["segments"], summary["no_segments"], summary["changes"])
    page.ranking(summary["ranking"])
    page.tiers(summary["scorecard"], summary["tiers_now"], summary["tension"])
    page.section("How far the models can be trusted", [_model(m) for m in summary["models"]])
    page.warnings(summary["quality"])
    page.section("Where to look", [f"{what}: {where}" for what, where in places.items()], wrap=False)


class _Page:
    """Prints sections; everything from the data goes out as plain text, so that no markup in a name takes effect."""

    def __init__(self, console: Console) -> None:
        self.console = console

    def line(self, text: str, style: str = "", indent: int = 0, wrap: bool = True) -> None:
        """Print one line, wrapped under its own start."""
        words = Text(text, style=style)
        if wrap:
            self.console.print(Padding(words, (0, 0, 0, indent)))
        else:
            # A path is copied from here: it must not be broken, and what does not fit may run over.
            self.console.print(Text(" " * indent) + words, soft_wrap=True)

    def lines(self, texts: Iterable[str], style: str = "", indent: int = 0) -> None:
        """Print several lines."""
        for text in texts:
            self.line(text, style, indent)

    def title(self, text: str) -> None:
        """Print a section's title."""
        self.console.print()
        self.line(text, "bold underline")

    def section(self, title: str, texts: Iterable[str], wrap: bool = True) -> None:
        """Print a titled section, or nothing where there is nothing to say."""
        rows = list(texts)
        if not rows:
            return
        self.title(title)
        for text in rows:
            self.line(text, indent=2, wrap=wrap)

    def proposals(self, title: str, proposals: list[Told], style: str) -> None:
        """Print criteria or exclusions with their evidence and receipts."""
        if not proposals:
            return
        self.title(title)
        for proposal in proposals:
            self.line(f"{proposal['id']}  {proposal['text']}", f"bold {style}", 2)
            self.line(f"{_capital(proposal['evidence'])}.", indent=6)
            self.lines(proposal["receipt"][:_RECEIPT_LINES], indent=6)
            self.lines(proposal["mind"], "dim", 6)
            if proposal["review_on"]:
                self.line(f"Look at it again on {proposal['review_on']}.", "dim", 6)

    def decided_before(self, told: Told | None) -> None:
        """Print what people decided before, and what of it this release goes against."""
        if told:
            self.section(
                "Decided before", [told["headline"], *told["texts"], *([told["next"]] if told["next"] else [])]
            )

    def stated(self, stated: Told) -> None:
        """Print what the stated ICP and exclusions get wrong."""
        found = [*stated["whole"], *stated["matches"], *stated["findings"], *stated["outcomes"]]
        found += [*stated["failing"], *stated["together"], *stated["pull"]]
        self.section("The ICP as stated in the config, against the data", [stated["text"], *found])
        for entry in stated["exclusions"]:
            owner = f", held by {entry['owner']}" if entry["owner"] else ""
            self.line(f"Stated exclusion “{entry['text']}”{owner}. {entry['verdict']}", indent=2)
            self.lines(entry["receipt"][:_STATED_RECEIPT_LINES], indent=6)
            self.lines(entry["mind"], "dim", 6)

    def segments(self, segments: list[Told], none_because: str | None, changes: Told | None) -> None:
        """Print the segments, or why there are none, and what became of those of the previous release."""
        self.section("Segments", [none_because or "Groups that differ in winning, keeping, expanding or pull."])
        for segment in segments:
            head = Text.assemble(
                (f"{segment['id']}  {segment['name']}", "bold"),
                ("  " + segment["verdict"], _style(segment["verdict"])),
                (f", {segment['but']}" if segment["but"] else ""),
            )
            self.console.print(Padding(head, (0, 0, 0, 2)))
            if segment["text"]:
                self.line(segment["text"], indent=6)
            figures = {f["name"]: f for f in segment["figures"] if "value" in f}
            self.line(segment["size"], indent=6)
            shown = [_figure(figures[name]) for name in _segment_figures(figures)]
            if shown:
                self.line(f"{_capital('; '.join(shown))}.", indent=6)
        if changes:
            self.line(changes["headline"], indent=2)
            self.lines(changes["texts"], indent=6)

    def ranking(self, ranking: Told | None) -> None:
        """Print where an opportunity earns most, and what is otherwise by win rate alone."""
        if ranking:
            self.section(ranking["title"], [*ranking["lines"], *ranking["differs"][:_DIFFERENCES], *ranking["notes"]])

    def tiers(self, scorecard: Told, now: list[Told], tension: list[str]) -> None:
        """Print the tiers: what was measured in each, and what is in it now."""
        half = f", {scorecard['half']}" if scorecard["half"] else ""
        self.section("Score and tiers", [f"The score ranks by: {scorecard['target']}{half}."])
        counted = {row["tier"]: row for row in now}
        for tier in scorecard["tiers"]:
            row = counted.get(tier["tier"])
            holds = f" Now: {_holding(row)}." if row else ""
            self.line(f"{tier['tier']:<7} {tier['edge']}; {tier['action']}.", _STYLES[tier["tier"]], 2)
            self.line(f"{_capital(tier['sentence'])}.{holds}", indent=10)
        self.lines([*scorecard["sentences"], *tension], indent=2)

    def warnings(self, quality: Told) -> None:
        """Print what was set aside and the first of what was found in the data."""
        suspects = [s["text"] for s in quality["suspects"]]
        found = [*(issue["message"] for issue in quality["issues"]), *quality["notes"]]
        more = len(found) - _SHOWN_WARNINGS
        rest = [f"and {more} more in checks.json"] if more > 0 else []
        self.section("Warnings", [*suspects, *found[:_SHOWN_WARNINGS], *rest])


def _holding(row: Told) -> str:
    pipeline = f", open pipeline {row['open_pipeline']}" if row["open_pipeline"] else ""
    return f"{count(row['accounts'], 'account') if row['accounts'] else 'none'}{pipeline}"


def _style(verdict: str) -> str:
    return _VERDICTS.get(verdict, "")


def _segment_figures(figures: Mapping[str, Told]) -> list[str]:
    """Return what to show of a segment; one figure of kept revenue is enough on a terminal."""
    shown = [name for name in _SEGMENT_FIGURES if name in figures]
    return [name for name in shown if name != "grr" or "nrr" not in figures]


def _figure(figure: Told) -> str:
    between = f" ({figure['between']})" if "between" in figure else ""
    return f"{figure['label'][:1].lower()}{figure['label'][1:]}: {figure['value']}{between}"


def _model(model: Told) -> str:
    return f"{model['title']}: {model.get('plain') or model.get('verdict') or model['absent']}"


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
