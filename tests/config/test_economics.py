from __future__ import annotations

from pathlib import Path

import pytest

from icp_ml.config.economics import kept_economics
from icp_ml.errors import ConfigError


def test_only_costs_and_margins_are_read_so_that_no_secret_need_be_there(tmp_path: Path) -> None:
    path = tmp_path / "config.yaml"
    path.write_text(
        "source: {url: '${NOT_SET}'}\neconomics: {gross_margin: 0.6, acquisition_cost: 900, signal_costs: {h: 2}}\n",
        encoding="utf-8",
    )
    found = kept_economics(path)
    assert found is not None
    assert (found.gross_margin, found.acquisition_cost, found.signal_costs) == (0.6, 900.0, {"h": 2.0})


def test_a_config_that_says_nothing_of_costs_has_none(tmp_path: Path) -> None:
    (tmp_path / "config.yaml").write_text("name: acme\n", encoding="utf-8")
    found = kept_economics(tmp_path / "config.yaml")
    assert found is not None
    assert found.acquisition_cost is None
    assert kept_economics(tmp_path / "nowhere.yaml") is None


@pytest.mark.parametrize("text", ["economics: {acquisition_cost: many}", "economics: [1]", "- a list"])
def test_what_is_no_config_says_what_to_do(tmp_path: Path, text: str) -> None:
    (tmp_path / "config.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError, match="run 'icp discover' again"):
        kept_economics(tmp_path / "config.yaml")
