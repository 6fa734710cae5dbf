from __future__ import annotations

import json
import re
from html.parser import HTMLParser

from icp_ml.release.what_if_document import what_if_document
from icp_ml.report.html import html_report
from icp_ml.report.summary import summarise
from tests.release.what_if_cases import criteria, world

HOSTILE = '</script><script>alert(1)</script> <!-- & " {{ x }}'


class _Scripts(HTMLParser):
    """Collects the text of each script element, and every inline handler."""

    def __init__(self) -> None:
        super().__init__()
        self.scripts: list[str] = []
        self.handlers: list[str] = []

    def handle_starttag(self, tag, attrs):
        if tag == "script":
            self.scripts.append("")
        self.handlers += [name for name, _ in attrs if name.startswith("on")]

    def handle_data(self, data):
        if self.lasttag == "script":
            self.scripts[-1] += data


def scripts_of(page):
    reader = _Scripts()
    reader.feed(page)
    assert reader.handlers == []
    return reader.scripts


def test_the_report_carries_the_sums_as_they_are_whatever_rules_are_called(documents):
    rules = criteria()
    rules["criteria"][0]["text"] = HOSTILE
    document = what_if_document(world(n=200), rules)
    page = html_report(summarise(**documents), what_if=document)
    scripts = [text for text in scripts_of(page) if text.strip()]
    assert len(scripts) == 2, "the sums and the program, no third"
    assert json.loads(scripts[0]) == json.loads(json.dumps(document))
    assert "alert(1)" not in scripts[1]
    assert HOSTILE.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace('"', "&#34;") in page
    assert '<a href="#what-if">What if</a>' in page


def test_the_program_asks_for_nothing_from_outside_and_runs_no_text_as_code(documents):
    program = scripts_of(html_report(summarise(**documents), what_if=what_if_document(world(n=60), criteria())))[1]
    assert (
        re.findall(r"\b(eval|fetch|XMLHttpRequest|WebSocket|Function|import|innerHTML|cookie|open)\s*[(.=]", program)
        == []
    )
    assert "http" not in program


def test_without_rules_there_is_nothing_to_switch_and_no_script(documents):
    none = criteria() | {"criteria": [], "scorecard": {"base": 60, "items": []}}
    for document in (None, what_if_document(world(n=60), none)):
        page = html_report(summarise(**documents), what_if=document)
        assert scripts_of(page) == []
        assert "what-if" not in page


def test_a_rejected_rule_is_there_to_be_switched_on(documents):
    page = html_report(summarise(**documents), what_if=what_if_document(world(n=60), criteria()))
    boxes = re.findall(r'name="rule" value="(\w+)"( checked)?', page)
    assert boxes == [("X1", " checked"), ("X2", " checked"), ("C1", " checked"), ("C2", "")]
