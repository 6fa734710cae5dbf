from __future__ import annotations

from html.parser import HTMLParser
from typing import Any

import pytest

from icp_ml.report.heat_map import told_heat_map, tone
from icp_ml.report.html import html_report
from icp_ml.report.summary import summarise

Documents = dict[str, dict]


def figure(low: float, high: float, **more: Any) -> dict[str, Any]:
    return {"estimate": (low + high) / 2, "low": low, "high": high, "level": 0.9, "n": 40, **more}


EVERYBODY = {
    "win_rate": figure(0.3, 0.4),
    "churn": figure(0.1, 0.2, months=8),
    "nrr": {"absent": "no ARR"},
    "grr": figure(0.8, 0.9),
    "pull": {"absent": "no signals"},
    "arr": figure(900, 1100),
}
GOOD = EVERYBODY | {"win_rate": figure(0.52, 0.6), "churn": figure(0.01, 0.09), "arr": figure(1050, 1200)}
SEGMENTS: dict[str, Any] = {
    "currency": "EUR",
    "segments": [
        {"id": "S1", "name": "Shops", "figures": EVERYBODY | {"churn": {"absent": "few"}}, "elsewhere": EVERYBODY},
        {"id": "S2", "name": "SaaS", "figures": GOOD, "elsewhere": EVERYBODY},
    ],
    "looked_at": {"elsewhere": EVERYBODY | {"win_rate": figure(0.1, 0.2)}, "in_segments": GOOD},
}


@pytest.mark.parametrize(
    ("name", "here", "there", "expected"),
    [
        ("win_rate", (0.5, 0.6), (0.3, 0.5), 0),
        ("win_rate", (0.501, 0.6), (0.3, 0.5), 1),
        ("win_rate", (0.3, 0.5), (0.501, 0.6), -1),
        ("win_rate", (0.62, 0.7), (0.4, 0.5), 2),
        ("churn", (0.62, 0.7), (0.4, 0.5), -2),
        ("churn", (0.4, 0.5), (0.55, 0.7), 1),
        ("cost_to_serve", (10, 20), (100, 200), 2),
        ("cycle_days", (100, 200), (10, 20), -2),
        ("grr", (0.5, 0.6), (0.7, 0.75), -2),
    ],
)
def test_a_cell_has_a_tone_only_where_the_ranges_do_not_touch(name, here, there, expected) -> None:
    assert tone({name: figure(*here)}, {name: figure(*there)}, name) == expected


def test_what_is_not_measured_on_either_side_has_no_tone() -> None:
    assert tone({"pull": {"absent": "x"}}, {"pull": figure(1, 2)}, "pull") == 0
    assert tone({"pull": figure(1, 2)}, {}, "pull") == 0


def test_rows_are_the_best_first_then_no_segment_then_all() -> None:
    told = told_heat_map(SEGMENTS, ["S2", "S1"], EVERYBODY, 12)
    assert told is not None
    assert [row["name"] for row in told["rows"]] == ["SaaS", "Shops", "No segment", "All accounts"]
    # Pull is measured nowhere; revenue with expansion is not known, so that without it stands in.
    assert told["columns"] == ["Won", "Left within 8 months", "Revenue kept", "Paid a year"]
    tones = [[cell.get("tone") for cell in row["cells"]] for row in told["rows"]]
    assert tones == [[2, 1, 0, 0], [0, None, 0, 0], [-2, -1, 0, 0], [0, 0, 0, 0]]
    space = "\N{NO-BREAK SPACE}"
    assert told["rows"][0]["cells"][3] == {
        "value": f"EUR{space}1,125", "tone": 0, "between": f"EUR{space}1,050 to 1,200", "n": "40"
    }  # fmt: skip
    assert (told["others"], told["toned"]) == (True, True)


def test_a_release_of_before_is_held_against_all_accounts_and_says_so(documents: Documents) -> None:
    page = html_report(summarise(**documents))
    assert "than all accounts together" in page
    assert "No segment</th>" not in page
    assert "Map of accounts" not in page
    assert "Who stays how long" not in page


def test_without_segments_there_is_no_heat_map(documents: Documents) -> None:
    documents["segments"] = {"segments": [], "none_because": "No segment."}
    summary = summarise(**documents)
    assert summary["heat_map"] is None
    assert 'class="heat"' not in html_report(summary)


class _Cells(HTMLParser):
    """Collects each cell's class and words."""

    def __init__(self) -> None:
        super().__init__()
        self.cells: list[tuple[str, str]] = []
        self.inside = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "td":
            self.inside = True
            self.cells.append((dict(attrs).get("class") or "", ""))

    def handle_endtag(self, tag: str) -> None:
        self.inside = self.inside and tag != "td"

    def handle_data(self, data: str) -> None:
        if self.inside:
            name, words = self.cells[-1]
            self.cells[-1] = (name, words + data)


def test_what_colour_says_stands_in_words_too(documents: Documents) -> None:
    documents["metrics"]["counted"]["everybody"] |= EVERYBODY
    documents["segments"]["segments"][0] |= {"figures": EVERYBODY, "elsewhere": GOOD}
    documents["segments"]["segments"][1] |= {"figures": GOOD, "elsewhere": EVERYBODY}
    page = html_report(summarise(**documents))
    table = page[page.index('<table class="heat">') :]
    cells = _Cells()
    cells.feed(table[: table.index("</table>")])
    coloured = [(name, words) for name, words in cells.cells if name]
    assert {name for name, _ in coloured} == {"better", "better2", "worse", "worse2"}
    assert all(words.endswith(name.rstrip("2")) for name, words in coloured)
    assert not any("better" in words or "worse" in words for name, words in cells.cells if not name)
    assert "than all other accounts" in page
