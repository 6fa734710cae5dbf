"""What MLflow shows of a release reads alone, and names figures that are there."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from icp_ml.release.folder import Release
from icp_ml.report.description import run_description, run_tags
from icp_ml.report.summary import summarise
from icp_ml.tracking.discoveries import overall
from tests.report.conftest import Documents


def _told(documents: Documents) -> str:
    return run_description(summarise(*(documents[name] for name in ("criteria", "segments", "checks", "metrics"))))


def test_the_verdict_comes_first_and_is_a_tag_too(documents: Documents) -> None:
    summary = summarise(*(documents[name] for name in ("criteria", "segments", "checks", "metrics")))
    headline = summary["verdict"]["headline"]
    assert _told(documents).splitlines()[0] == f"**{headline}**"
    assert run_tags(summary) == {"verdict": headline}


def test_what_to_do_next_names_the_release_and_its_rules(documents: Documents) -> None:
    told = _told(documents)
    assert "`icp review 2026-06-30-aa --accept X1 --by NAME`" in told, "a person has accepted C1 and rejected C2"
    assert "`icp compare champion 2026-06-30-aa`" in told
    assert "`icp promote 2026-06-30-aa`" in told
    documents["criteria"]["criteria"][0]["status"] = "edited"
    assert "icp review" not in _told(documents), "a person has decided on all"


def test_without_a_proposal_nothing_of_rules_is_named(documents: Documents) -> None:
    documents["criteria"]["criteria"] = []
    told = _told(documents)
    assert "icp promote" not in told
    assert "exclusions_revenue" not in told
    assert "`kept_by_month/...`" in told


@pytest.mark.slow
def test_every_figure_it_names_is_in_the_run(discovered: Path) -> None:
    release = Release.load(discovered)
    checks, metrics = (json.loads((discovered / f"{n}.json").read_text("utf-8")) for n in ("checks", "metrics"))
    told = run_description(summarise(release.criteria, release.segments, checks, metrics))
    named = re.findall(r"`([a-z_]+(?:/\.\.\.)?)`", told.split("### Figures to compare")[1])
    logged = {*overall(metrics["metrics"]), *metrics["series"]}
    assert len(named) > 6, "the section must be there"
    assert [n for n in named if not any(x.startswith(n.removesuffix("...")) for x in logged)] == []
