"""On real folders the draft agrees with the configs that people wrote for them, and runs as it stands."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from icp_ml.cohort.build import build_cohort
from icp_ml.config.loading import load_config
from icp_ml.drafting.draft import draft_config
from icp_ml.tables.reading import read_tables

PROJECT = Path(__file__).parents[2]
SHARED = PROJECT.parent / "shared" / "data"
CASES = [
    pytest.param(PROJECT / "data" / "sample", PROJECT / "configs" / "sample.yaml", id="sample"),
    *(
        pytest.param(SHARED / name, SHARED / name / "icp.yaml", id=name)
        for name in ("telco", "saas_churn", "b2b_deals")
    ),
]


@pytest.mark.parametrize(("folder", "shipped"), CASES)
def test_roles_and_types_agree_with_the_shipped_config_and_the_draft_runs(
    folder: Path, shipped: Path, tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    if not folder.is_dir():
        pytest.skip(f"needs the folder {folder.name} of shared data beside the project")
    out = tmp_path / "drafted.yaml"
    out.write_text(draft_config(folder, out=out), encoding="utf-8")
    drafted, written = load_config(out, environ={}), load_config(shipped, environ={})
    ours = {name: (a.type, a.use, a.from_) for name, a in drafted.attributes.items()}
    theirs = {name: (a.type, a.use, a.from_) for name, a in written.attributes.items()}
    names = ours.keys() | theirs.keys()
    wrong = sorted(name for name in names if ours.get(name) != theirs.get(name))
    share = 1 - len(wrong) / len(names)
    record_property("agreement", f"{folder.name}: {share:.0%} of {len(names)} columns agree")
    assert share >= 0.9, f"of {len(names)} columns these do not agree: {wrong}"
    cohort = build_cohort(read_tables(drafted, tmp_path), drafted)
    assert len(cohort.accounts) == len((folder / "accounts.csv").read_text("utf-8").splitlines()) - 1


def test_the_sample_s_post_sale_column_is_set_apart_and_its_units_are_told(tmp_path: Path) -> None:
    text = draft_config(PROJECT / "data" / "sample", out=tmp_path / "icp.yaml")
    (line,) = [line for line in text.splitlines() if "csm_health" in line]
    assert line.startswith("#   csm_health: {type: category}")
    assert "customer success" in line
    (tmp_path / "icp.yaml").write_text(text, encoding="utf-8")
    attributes = load_config(tmp_path / "icp.yaml", environ={}).attributes
    units = {name: a.unit for name, a in attributes.items() if a.unit}
    assert units == {
        "employee_count": "people",
        "annual_revenue": "EUR",
        "employee_growth_pct": "%",
        "domain_age_years": "years",
    }
    assert attributes["tech_stack"].separator == ";"
