from __future__ import annotations

import pytest

from icp_ml.config.presets import PRESETS, merge_preset, preset_values
from icp_ml.config.schema import Config
from icp_ml.config.standard import CONTRACT


@pytest.mark.parametrize("name", PRESETS)
def test_a_preset_fits_the_schema_and_derives_the_periods(name: str) -> None:
    config = Config.model_validate({"name": "x", "source": {"folder": "."}, "attributes": {}, **preset_values(name)})
    assert config.tables["subscriptions"].from_ == "opportunities"
    required = [column for column, spec in CONTRACT["opportunities"].items() if spec.required]
    assert set(required) <= set(config.tables["opportunities"].aliases)


def test_the_configs_own_keys_win() -> None:
    merged = merge_preset({"tables": {"accounts": {"columns": {"name": "Title"}}}}, preset_values("salesforce"))
    assert merged["tables"]["accounts"]["columns"] == {"name": "Title"}
    assert merged["tables"]["accounts"]["aliases"]["name"] == ["Name", "Account Name"]


def test_a_value_the_config_maps_leaves_the_presets_list() -> None:
    own = {"tables": {"opportunities": {"values": {"outcome": {"refused": ["Closed Lost"]}}}}}
    outcome = merge_preset(own, preset_values("salesforce"))["tables"]["opportunities"]["values"]["outcome"]
    assert outcome == {"refused": ["Closed Lost"], "won": ["Closed Won"], "open": ["*"]}


def test_the_configs_own_rest_takes_the_presets_place() -> None:
    own = {"tables": {"opportunities": {"values": {"outcome": {"lost": "*"}}}}}
    outcome = merge_preset(own, preset_values("salesforce"))["tables"]["opportunities"]["values"]["outcome"]
    assert outcome["lost"] == "*"
    assert "open" not in outcome


def test_a_table_of_subscriptions_is_read_not_derived() -> None:
    own = {"tables": {"subscriptions": {"file": "contracts.csv"}}}
    assert merge_preset(own, preset_values("hubspot"))["tables"]["subscriptions"] == {"file": "contracts.csv"}


def test_the_inputs_are_not_changed() -> None:
    own = {"tables": {"opportunities": {"values": {"outcome": {"refused": ["Closed Lost"]}}}}}
    preset = preset_values("salesforce")
    merge_preset(own, preset)
    assert own == {"tables": {"opportunities": {"values": {"outcome": {"refused": ["Closed Lost"]}}}}}
    assert preset == preset_values("salesforce")
