from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from icp_ml.config.loading import absolute_uri, config_folder, load_config, resolved_yaml
from icp_ml.config.schema import Config
from icp_ml.errors import ConfigError

BASE = "name: acme\nsource: {folder: .}\nattributes:\n  n: {type: number}\n  level: {type: category}\n"


@pytest.fixture
def load(tmp_path: Path) -> Callable[..., Config]:
    def read(text: str, *overrides: str, **environ: str) -> Config:
        path = tmp_path / "icp.yaml"
        path.write_text(text, encoding="utf-8")
        return load_config(path, overrides, environ)

    return read


@pytest.fixture
def complaint(load: Callable[..., Config]) -> Callable[..., str]:
    def read(text: str, *overrides: str, **environ: str) -> str:
        with pytest.raises(ConfigError) as error:
            load(text, *overrides, **environ)
        return str(error.value)

    return read


def test_a_country_of_no_stays_text(load: Callable[..., Config]) -> None:
    config = load(BASE + "stated_icp:\n  - {attribute: level, in: [NO, yes, on]}\n")
    assert config.stated_icp[0]["in"] == ["NO", "yes", "on"]


def test_an_unknown_key_names_its_place_and_the_nearest(complaint: Callable[..., str]) -> None:
    message = complaint(BASE + "outcomes:\n  grace_dayz: 3\n")
    assert message.startswith("icp.yaml: line 7: unknown key 'grace_dayz' in outcomes (did you mean 'grace_days'?)")
    assert "known there: churn_horizon_months, grace_days" in message


def test_an_unknown_key_at_the_top_and_an_unknown_table(complaint: Callable[..., str]) -> None:
    message = complaint(BASE + "atributes: {}\ntables: {acounts: {}}\n")
    assert "line 6: unknown key 'atributes' at the top level (did you mean 'attributes'?)" in message
    assert "line 7: unknown key 'acounts' in tables (did you mean 'accounts'?)" in message


def test_every_mistake_is_listed_in_the_order_of_the_file(complaint: Callable[..., str]) -> None:
    message = complaint("name: acme\nsource: {foldr: .}\nseed: many\nattributes:\n  n: {type: nmber}\n")
    first, *rest = message.splitlines()
    assert first == "icp.yaml: 3 things need mending:"
    assert [line.split(":")[0].strip(" -") for line in rest] == ["line 2", "line 3", "line 5"]


def test_a_missing_key_is_named(complaint: Callable[..., str]) -> None:
    assert complaint("source: {folder: .}\nattributes: {}\n") == "icp.yaml: key 'name' is missing; it must be given"


@pytest.mark.parametrize(
    ("text", "found"), [("", "found nothing"), ("- 1\n", "found a list"), ("just words\n", "found a single value")]
)
def test_a_file_without_keys_is_one_clear_error(complaint: Callable[..., str], text: str, found: str) -> None:
    assert complaint(text) == f"icp.yaml: a config must be a mapping of keys such as name, source, attributes; {found}"


def test_broken_yaml_names_the_line(complaint: Callable[..., str]) -> None:
    assert complaint("name: acme\nsource: {folder: .\nseed: 1\n").startswith("icp.yaml, line ")


def test_a_repeated_key_is_an_error(complaint: Callable[..., str]) -> None:
    assert 'found duplicate key "name"' in complaint("name: a\nname: b\n")


def test_a_missing_file_says_how_to_get_one(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"nope\.yaml: there is no such config file; 'icp init FOLDER"):
        load_config(tmp_path / "nope.yaml")


def test_a_folder_is_no_config(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="a config file is needed; this is a folder"):
        load_config(tmp_path)


def test_a_config_that_is_not_utf_8_says_so(tmp_path: Path) -> None:
    (tmp_path / "icp.yaml").write_bytes("name: Müller".encode("latin-1"))
    with pytest.raises(ConfigError, match="a config must be UTF-8 text; byte 7 is not"):
        load_config(tmp_path / "icp.yaml")


def test_overrides_win_and_their_value_is_yaml(load: Callable[..., Config]) -> None:
    config = load(
        BASE.replace("level:", "Company Size:"),
        "outcomes.grace_days=0",
        "attributes.Company Size.order=[low, high]",
        "as_of=2026-03-31",
    )
    assert config.outcomes.grace_days == 0
    assert config.attributes["Company Size"].order == ["low", "high"]
    assert str(config.as_of) == "2026-03-31"


def test_an_override_reaches_into_a_list(load: Callable[..., Config]) -> None:
    config = load(BASE + "pull: [{signal: referral}]\n", "pull.0.aggregate=count")
    assert config.pull[0].aggregate == "count"


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("seed", "write key.path=value"),
        ("=3", "write key.path=value"),
        ("name.x=3", "--set name.x: 'x' cannot be set, since what stands above it is the value 'acme'"),
        ("sead=3", "unknown key 'sead' at the top level (did you mean 'seed'?)"),
        ("pull.3.signal=x", "'3' must be a position from 0 to 0 in a list"),
        ("seed=[", "--set seed, line 1: not readable as YAML"),
    ],
)
def test_a_wrong_override_says_what_is_wrong(complaint: Callable[..., str], override: str, message: str) -> None:
    assert message in complaint(BASE + "pull: [{signal: referral}]\n", override)


def test_the_environment_fills_in_and_is_never_written(load: Callable[..., Config]) -> None:
    text = "name: acme\nsource: {url: 'postgresql://u:${PASSWORD}@h/d'}\nattributes: {}\n"
    config = load(text, PASSWORD="hunter2")
    assert config.source.url == "postgresql://u:hunter2@h/d"
    assert "hunter2" not in repr(config)
    assert "url: postgresql://u:${PASSWORD}@h/d" in resolved_yaml(config)
    assert "hunter2" not in resolved_yaml(config.model_copy(update={"seed": 8}))


def test_a_secret_is_not_shown_when_it_does_not_fit(complaint: Callable[..., str]) -> None:
    message = complaint("name: acme\nsource: {folder: .}\nattributes: {}\nseed: ${SECRET}\n", SECRET="hunter2")
    assert "hunter2" not in message
    assert "found '${SECRET}'" in message


def test_a_password_written_into_the_url_is_masked(load: Callable[..., Config]) -> None:
    config = load("name: acme\nsource: {url: 'postgresql://u:hunter2@h/d'}\nattributes: {}\n")
    assert "url: postgresql://u:***@h/d" in resolved_yaml(config)


def test_an_unset_name_is_an_error_that_names_key_and_variable(complaint: Callable[..., str]) -> None:
    message = complaint("name: acme\nsource: {url: '${ICP_DATABASE_URL}'}\nattributes: {}\n")
    assert "source.url: ${ICP_DATABASE_URL} is not set in the environment" in message


def test_the_resolved_config_loads_as_the_same_config(load: Callable[..., Config]) -> None:
    config = load(BASE + "preset: hubspot\nas_of: 2026-06-30\nstated_icp: [{attribute: n, above: 3}]\n")
    assert load(resolved_yaml(config)) == config


def test_levels_written_as_numbers_are_text(load: Callable[..., Config]) -> None:
    config = load(BASE.replace("{type: category}", "{type: category, order: [1, 2.5, true]}"))
    assert config.attributes["level"].order == ["1", "2.5", "true"]


@pytest.mark.parametrize(
    ("extra", "message"),
    [
        ("stated_icp: [{attribute: n, between: [5]}]", "stated_icp[0]: n: 'between' needs"),
        ("stated_icp: [{attribute: m, above: 1}]", "attribute 'm' is not declared"),
        ("stated_icp: [{attribute: level, at_least: x}]", "needs ordered levels"),
        ("stated_exclusions: [{when: [{attribute: n, is: true}]}]", "stated_exclusions[0].when[0]: 'is' does not fit"),
        ("stated_exclusions: [{when: []}]", "at least one condition is needed"),
        ("pull: [{opportunity: cycle}]", "pull[0].opportunity: 'cycle' is not measured on a deal"),
        ("pull: [{opportunity: amount, signal: x}]", "needs exactly one of 'opportunity' or 'signal'"),
        ("tables: {accounts: {columns: {acount_id: X}}}", "'acount_id' is neither a standard column of accounts nor"),
        ("tables: {opportunities: {values: {outcome: {wn: [X]}}}}", "'wn' is no outcome (did you mean 'won'?)"),
        ("tables: {accounts: {values: {level: {a: [b]}}}}", "values apply to text columns of the contract only"),
        (
            "tables: {opportunities: {values: {outcome: {won: [X], lost: [X]}}}}",
            "'X' stands under both 'won' and 'lost'",
        ),
        ("tables: {accounts: {from: opportunities}}", "only subscriptions can be derived"),
        ("tables: {accounts: {table: x}}", "needs a database"),
        ("tables: {subscriptions: {file: x.csv, from: opportunities}}", "give one of file, from, not several"),
        ("money: {rates: {USD: 0.9}}", "money.currency: rates need a reporting currency"),
        ("money: {currency: EUR, rates: {USD: 0}}", "money.rates.USD: a rate must be above 0"),
        ("preset: salesfroce", "'salesfroce' is not known (did you mean 'salesforce'?)"),
    ],
)
def test_a_contradiction_is_a_mistake_of_the_config(complaint: Callable[..., str], extra: str, message: str) -> None:
    assert message in complaint(BASE + extra + "\n")


@pytest.mark.parametrize(
    ("attribute", "message"),
    [
        (
            "a.b: {type: number}",
            "attribute 'a.b': a name may hold no dot, since JsonLogic reads it as a path; call it 'a_b'",
        ),
        ("account_id: {type: category}", "this is a standard column of accounts"),
        ("c: {type: category, monotone: increasing}", "'monotone' belongs to a number"),
        ("c: {type: number, order: [a, b]}", "'order' belongs to a category"),
        ("c: {type: category, order: [a, a]}", "at least two levels, each once"),
        ("c: {type: category, decimal: ','}", "'decimal' belongs to a number"),
        ("amount: {type: category, from: opportunities}", "a standard column of opportunities that holds numbers"),
    ],
)
def test_an_attribute_must_make_sense(complaint: Callable[..., str], attribute: str, message: str) -> None:
    assert message in complaint(BASE + f"  {attribute}\n")


def test_paths_start_from_the_configs_folder(tmp_path: Path) -> None:
    assert config_folder(tmp_path / "icp.yaml") == tmp_path.resolve()
    assert absolute_uri("sqlite:///../mlflow.db", tmp_path) == f"sqlite:///{tmp_path.as_posix()}/../mlflow.db"
    assert absolute_uri("sqlite:////var/x.db", tmp_path) == "sqlite:////var/x.db"
    assert absolute_uri("mlruns", tmp_path) == f"{tmp_path.as_posix()}/mlruns"


@pytest.mark.parametrize("text", ["a: &x [*x]\n", "attributes: &x {n: *x}\n", "a: &x [1, [2, {b: *x}]]\n"])
def test_an_alias_that_leads_back_to_itself_is_refused(complaint: Callable[..., str], text: str) -> None:
    assert "an alias (*name) must not lead back to itself" in complaint(text)


def test_aliases_that_multiply_beyond_any_config_are_refused(complaint: Callable[..., str]) -> None:
    lines = ["a0: &a0 [1, 1, 1, 1, 1, 1, 1, 1, 1, 1]"]
    lines += [f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 10)}]" for i in range(1, 7)]
    assert "write the values out" in complaint("\n".join(lines))


def test_an_alias_used_twice_is_read(load: Callable[..., Config]) -> None:
    config = load(BASE + "  m: &number {type: number}\n  k: *number\n")
    assert config.attributes["k"].type == "number"


def test_a_list_as_a_key_is_refused_with_its_line(complaint: Callable[..., str]) -> None:
    assert complaint("name: x\n? [a, b]\n: 3\n").startswith("icp.yaml, line 1: a key must be one text")


def test_a_section_whose_keys_are_all_commented_out_counts_as_not_given(load: Callable[..., Config]) -> None:
    config = load(BASE + "pull:\n#  - {signal: x}\nas_of:\ntables:\n  accounts:\n#    file: a.csv\n")
    assert config.pull == []
    assert config.tables == {}


def test_an_unknown_key_without_a_value_is_refused_all_the_same(complaint: Callable[..., str]) -> None:
    assert "unknown key 'tabels' at the top level (did you mean 'tables'?)" in complaint(BASE + "tabels:\n")


@pytest.mark.parametrize("key", ["as_of", "covers_from"])
def test_a_day_no_calendar_arithmetic_can_stand_is_refused(complaint: Callable[..., str], key: str) -> None:
    assert complaint(BASE + f"{key}: 9999-12-31\n") == (
        f"icp.yaml: line 6: {key}: must lie between 1900-01-01 and 2200-12-31; found 9999-12-31; mend the year"
    )


def test_a_value_of_the_wrong_kind_says_what_must_stand_there(complaint: Callable[..., str]) -> None:
    message = complaint(BASE + "seed: many\ntables: {accounts: a.csv}\npull: 5\n")
    assert "line 6: seed: must be a whole number; found 'many'" in message
    assert "line 7: tables.accounts: must be a mapping of keys (key: value); found 'a.csv'" in message
    assert "line 8: pull: must be a list" in message


def test_an_unknown_preset_names_the_config(complaint: Callable[..., str]) -> None:
    assert complaint(BASE + "preset: hubspott\n").startswith("icp.yaml: preset: 'hubspott' is not known (did you mean")


def test_tier_edges_leave_room_for_yellow(complaint: Callable[..., str]) -> None:
    message = complaint(BASE + "scorecard: {green: 60, red: 60}\n")
    assert "scorecard.red (60) must lie below scorecard.green (60): what lies between is yellow" in message


def test_a_quality_measure_of_an_unknown_name_names_the_nearest(complaint: Callable[..., str]) -> None:
    message = complaint(BASE + "segments:\n  quality:\n    proof: [{figure: chrun}, {share: keptcustomers}]\n")
    assert "line 8: segments.quality.proof[0].figure: there is no figure 'chrun' (did you mean 'churn'?)" in message
    assert "there is no share 'keptcustomers' (did you mean 'kept_customers'?)" in message


def test_an_unknown_dimension_of_quality_names_the_nearest(complaint: Callable[..., str]) -> None:
    message = complaint(BASE + "segments: {quality: {urgancy: [{figure: pull}]}}\n")
    assert "unknown key 'urgancy' in segments.quality (did you mean 'urgency'?)" in message
    message = complaint(BASE + "segments: {quality: {urgency: [{figur: pull}]}}\n")
    assert "unknown key 'figur' in segments.quality.urgency[0] (did you mean 'figure'?)" in message


@pytest.mark.parametrize(
    ("measure", "must"),
    [
        ("{}", "exactly one of 'figure', 'share', 'opportunity' or 'signal'"),
        ("{figure: pull, signal: usage}", "exactly one of 'figure', 'share', 'opportunity' or 'signal'"),
        ("{figure: churn, direction: higher}", "'direction' belongs to an opportunity or a signal"),
        ("{share: worked, aggregate: sum}", "'aggregate' belongs to a signal; this is a share"),
    ],
)
def test_a_quality_measure_is_one_thing_and_says_no_more_of_it_than_belongs(
    complaint: Callable[..., str], measure: str, must: str
) -> None:
    assert must in complaint(BASE + f"segments: {{quality: {{urgency: [{measure}]}}}}\n")


def test_a_resolved_config_with_quality_measures_reads_back_as_the_same(load: Callable[..., Config]) -> None:
    config = load(BASE + "segments: {quality: {urgency: [{figure: pull}, {signal: nps}]}, channels: [7]}\n")
    assert config.segments.channels == ["7"]
    assert load(resolved_yaml(config)).segments == config.segments
