"""A comparison on a terminal: the answer first; whatever comes from the data goes out as plain text."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from rich.box import SIMPLE
from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

_ROWS = 8
# Controls that move the cursor or turn the direction of writing around: a name must not rewrite the line it stands in.
_CONTROLS = re.compile("[\\x00-\\x1f\\x7f-\\x9f\\u200e\\u200f\\u202a-\\u202e\\u2066-\\u2069]")


def print_comparison(told: Mapping[str, Any], console: Console, places: Mapping[str, str]) -> None:
    """Print a comparison.

    Parameters
    ----------
    told : mapping
        From :func:`icp_ml.report.comparison.told_comparison`.
    console : Console
        Where to.
    places : mapping
        What to where it is: the page, the MLflow run.
    """
    page = _Page(console)
    for pair in told["pairs"]:
        page.line(pair["verdict"]["headline"], "bold")
        page.lines(pair["verdict"]["sentences"])
        if pair["changed"] and pair["rules_sentence"]:
            page.line(f"Rules: {pair['rules_sentence']}")
        console.print()
    page.lines(
        f"{r['letter']}: release {r['id']}, data up to {r['as_of']}, "
        f"{'reviewed by a person' if r['reviewed'] else 'not reviewed by a person yet'}"
        for r in told["releases"]
    )
    if told["side_by_side"]:
        page.table(
            "Each against A",
            ["", *(pair["b"] for pair in told["pairs"])],
            [[row["label"], *row["cells"]] for row in told["side_by_side"]],
        )
    for pair in told["pairs"]:
        page.pair(pair, len(told["pairs"]) > 1)
    page.title("Where to look", [f"{what}: {where}" for what, where in places.items()], wrap=False)


def plain(text: str) -> str:
    r"""Return a text without what would move the cursor or turn its direction.

    >>> plain("Acme\x1b[2J\u202eGmbH")
    'Acme?[2J?GmbH'
    """
    return _CONTROLS.sub("?", text)


class _Page:
    def __init__(self, console: Console) -> None:
        self.console = console

    def line(self, text: str, style: str = "", indent: int = 0, wrap: bool = True) -> None:
        words = Text(plain(text), style=style)
        if wrap:
            self.console.print(Padding(words, (0, 0, 0, indent)))
        else:
            self.console.print(Text(" " * indent) + words, soft_wrap=True)

    def lines(self, texts: Iterable[str], indent: int = 0) -> None:
        for text in texts:
            self.line(text, indent=indent)

    def title(self, text: str, lines: Iterable[str], wrap: bool = True) -> None:
        rows = list(lines)
        if rows:
            self.console.print()
            self.line(text, "bold underline")
            for row in rows:
                self.line(row, indent=2, wrap=wrap)

    def table(self, title: str, heads: list[str], rows: Iterable[list[str]]) -> None:
        table = Table(title=Text(plain(title)) if title else None, title_justify="left", box=SIMPLE)
        for head in heads:
            table.add_column(Text(plain(head)))
        for row in rows:
            table.add_row(*(Text(plain(str(cell))) for cell in row))
        if table.row_count:
            self.console.print()
            self.console.print(table)

    def pair(self, pair: Mapping[str, Any], several: bool) -> None:
        if several:
            self.console.print()
            self.line(f"{pair['a']} and {pair['b']}", "bold")
        if pair["changed"]:
            self._changes(pair)
        self.title("What they were made from differs", [entry["text"] for entry in pair["origins"]])
        self.title("To know", pair["notes"])

    def _changes(self, pair: Mapping[str, Any]) -> None:
        rules = [line for rule in pair["rules"] for line in (rule["text"], *(f"  {e}" for e in rule["evidence"]))]
        self.title("Rules", rules or ["The rules are the same."])
        tiers = pair["tiers"]
        self.title("Tiers", [tiers["sentence"]])
        if tiers["moved"]:
            a, b = pair["a"], pair["b"]
            self.table(
                "",
                [f"Under {a}", f"Under {b}", "Accounts", "Pay a year now", "Open deals", "Because"],
                [
                    [w["before"], w["after"], f"{w['accounts']:,}", w["arr_words"], w["pipeline_words"], w["why"]]
                    for w in tiers["why"][:_ROWS]
                ],
            )
            self.table(
                f"The largest of the {tiers['moved']:,}",
                ["Account", "Name", f"Under {a}", f"Under {b}", "Pays a year", "Open deals", "Because"],
                [
                    [r["id"], r["name"], r["before"], r["after"], r["arr"], r["pipeline"], r["why"]]
                    for r in tiers["rows"][:_ROWS]
                ],
            )
        self.title("Segments", [pair["segments"]["headline"], *pair["segments"]["texts"]])
        self._figures(pair, "later", f"What either does with the same later accounts ({pair['later_from']})")
        self._figures(
            pair,
            "flattering",
            f"The same on accounts decided since {pair['a']}, from which {pair['b']} was made: they flatter it",
        )
        self.title("Forecasts", [model["sentence"] for model in pair["models"]])

    def _figures(self, pair: Mapping[str, Any], which: str, title: str) -> None:
        figures = pair[which]
        if figures is None:
            return
        rows = [
            [row["label"], "", "", f"not told: {row['absent']}"]
            if "absent" in row
            else [row["label"], row["a"], row["b"], row["difference"]]
            for row in figures["rows"]
        ]
        self.table(f"{title}: {figures['accounts']:,} accounts", ["", pair["a"], pair["b"], "Difference"], rows)
