"""What the pages say of commands and keys is what the code has."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path

import pytest
import typer
from ruamel.yaml import YAML

from icp_ml.config.schema import Config
from pipelines.cli import app

ROOT = Path(__file__).resolve().parents[2]
PAGES = [ROOT / "README.md", ROOT / "models" / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
COMMANDS = typer.main.get_command(app).commands


def load_script(name):
    """Import a file of scripts/, which is no package."""
    spec = importlib.util.spec_from_file_location(name, ROOT / "scripts" / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def blocks(path, language):
    """Return the fenced blocks of one language on a page."""
    return re.findall(rf"```{language}\n(.*?)```", path.read_text(encoding="utf-8"), re.DOTALL)


@pytest.mark.parametrize("name", ["config.md", "cli.md"])
def test_a_generated_page_is_up_to_date(name):
    wanted = load_script("make_docs").pages()[name]
    assert (ROOT / "docs" / name).read_text(encoding="utf-8") == wanted, f"docs/{name} is out of date: run `make docs`"


def test_a_page_without_its_marks_is_refused():
    with pytest.raises(SystemExit, match="needs the marks"):
        load_script("make_docs").replace_generated("# A page\n", "body")


def test_every_config_key_has_a_description_or_is_a_section_that_has_one():
    page = (ROOT / "docs" / "config.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `(\w+)` \| .* \| (.*) \|$", page, re.MULTILINE)
    assert len(rows) > 40
    assert [key for key, meaning in rows if not meaning.strip()] == []


def test_every_command_line_on_the_pages_names_a_command_and_options_that_exist():
    seen = set()
    for page in PAGES:
        text = page.read_text(encoding="utf-8")
        lines = re.findall(r"^(?:\$ )?icp (.+)$", text, re.MULTILINE) + re.findall(r"`icp ([^`]+)`", text)
        for line in lines:
            words = line.split("#")[0].split()
            if words[0].startswith("-"):
                continue
            assert words[0] in COMMANDS, f"{page.name}: icp {line}"
            known = {option for parameter in COMMANDS[words[0]].params for option in parameter.opts}
            unknown = [w for w in words if w.startswith("--") and w not in known | {"--help"}]
            assert unknown == [], f"{page.name}: icp {line}"
            seen.add(words[0])
    assert {"init", "discover", "score"} <= seen


def test_every_make_target_on_the_pages_is_in_the_makefile():
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    for page in PAGES:
        text = page.read_text(encoding="utf-8")
        named = re.findall(r"`make ([a-z-]+)", text) + re.findall(r"^make ([a-z-]+)", text, re.MULTILINE)
        assert set(named) <= targets, page.name


def test_every_link_between_the_pages_leads_somewhere():
    for page in PAGES:
        for target in re.findall(r"\]\((?!https?:|#)([^)#]+)", page.read_text(encoding="utf-8")):
            assert (page.parent / target).exists(), f"{page.name}: {target}"


def test_every_yaml_example_of_the_config_page_is_a_valid_config():
    examples = [YAML(typ="safe").load(text) for text in blocks(ROOT / "docs" / "config.md", "yaml")]
    smallest = examples[0]
    assert Config.model_validate(smallest).name == "acme"
    for example in examples[1:]:
        parsed = Config.model_validate({**smallest, **example})
        assert parsed.model_dump(by_alias=True, include=set(example)).keys() == example.keys()


def test_the_modules_and_names_of_the_architecture_page_exist():
    page = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `([\w.]+)` \| [^|]+ \| ([^|]+) \|$", page, re.MULTILINE)
    assert len(rows) > 12
    for module, names in rows:
        place = ROOT / module.replace(".", "/")
        files = sorted(place.rglob("*.py")) if place.is_dir() else [place.with_suffix(".py")]
        code = "\n".join(path.read_text(encoding="utf-8") for path in files)
        for name in re.findall(r"`(\w+)`", names):
            assert re.search(rf"^(?:def|class) {name}\b", code, re.MULTILINE), f"{module}: {name}"
