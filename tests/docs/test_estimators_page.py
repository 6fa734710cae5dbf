"""The page on estimators runs as it stands."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "estimators.md").read_text(encoding="utf-8")


def test_the_page_runs_and_its_models_tell_who_has_revenue_operations(capsys):
    names: dict[str, object] = {}
    for number, block in enumerate(re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)):
        exec(compile(block, f"docs/estimators.md, block {number + 1}", "exec"), names)
    capsys.readouterr()
    has = names["accounts"]["has_revops"].to_numpy()
    assert names["p_win"][has].mean() > names["p_win"][~has].mean() + 0.2
    churn = names["churn"].predict(names["accounts"])
    # Exponential with means of 60 and 15 times 30 days; 12 months are 365.
    assert abs(churn[has].mean() - (1 - 2.718282 ** (-365 / 1800))) < 0.05
    assert abs(churn[~has].mean() - (1 - 2.718282 ** (-365 / 450))) < 0.05


def test_the_readme_links_to_it():
    assert "(docs/estimators.md)" in (ROOT / "README.md").read_text(encoding="utf-8")
