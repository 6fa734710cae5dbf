from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from icp_ml.errors import DataError
from icp_ml.release.champion import PROMOTED, ROLLED_BACK, Pointer, entry_of, pointing_to, read_pointer, resolve_release
from icp_ml.release.folder import Release, checksum, write_release

FACTS = {"promoted_at": "2026-07-01T00:00:00+00:00", "by": None, "note": None, "grounds": "first"}


def named(parts, folder: Path, identity: str) -> Release:
    criteria = {**parts.criteria, "release_id": identity}
    return Release.load(write_release(folder, replace(parts, criteria=criteria)))


def promote(release: Release, root: Path) -> dict:
    entry = entry_of(release, root, FACTS)
    with pointing_to(root, "acme", entry, read_pointer(root, "acme"), {"event": PROMOTED, **entry}):
        pass
    return entry


def test_the_pointer_names_id_and_checksum_and_is_what_champion_means(parts, tmp_path):
    release = named(parts, tmp_path / "models" / "acme" / "r1", "r1")
    promote(release, tmp_path / "models")
    written = json.loads((tmp_path / "models" / "acme" / "champion.json").read_text())
    assert (written["id"], written["checksum"], written["path"]) == ("r1", checksum(release.folder), "r1")
    assert resolve_release("champion", tmp_path / "models") == release.folder


def test_a_release_elsewhere_is_found_also_after_everything_moved(parts, tmp_path):
    release = named(parts, tmp_path / "here" / "elsewhere" / "r1", "r1")
    promote(release, tmp_path / "here" / "models")
    (tmp_path / "here").rename(tmp_path / "there")
    found = resolve_release("champion", tmp_path / "there" / "models")
    assert found == tmp_path / "there" / "elsewhere" / "r1"


def test_a_changed_file_of_the_champion_is_noticed(parts, tmp_path):
    release = named(parts, tmp_path / "r1", "r1")
    promote(release, tmp_path / "models")
    text = (release.folder / "criteria.json").read_text()
    (release.folder / "criteria.json").write_text(text.replace('"base": 52', '"base": 53'))
    with pytest.raises(DataError, match="is not as it was when it was promoted"):
        resolve_release("champion", tmp_path / "models")


def test_a_pointer_is_not_written_where_the_block_fails(parts, tmp_path):
    first, second = named(parts, tmp_path / "r1", "r1"), named(parts, tmp_path / "r2", "r2")
    promote(first, tmp_path / "models")
    before = (tmp_path / "models" / "acme" / "champion.json").read_bytes()
    entry = entry_of(second, tmp_path / "models", FACTS)
    with (
        pytest.raises(RuntimeError),
        pointing_to(tmp_path / "models", "acme", entry, None, {"event": PROMOTED, **entry}),
    ):
        raise RuntimeError
    assert (tmp_path / "models" / "acme" / "champion.json").read_bytes() == before
    assert [p.name for p in (tmp_path / "models" / "acme").iterdir()] == ["champion.json"]


KILLED = """
import os, signal, sys
from pathlib import Path
from icp_ml.release.champion import pointing_to
with pointing_to(Path(sys.argv[1]), "acme", {"id": "new", "checksum": "0"}, None, {"event": "promoted", "id": "new"}):
    os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="there is no SIGKILL on Windows")
def test_a_killed_promotion_leaves_the_old_pointer_whole(parts, tmp_path):
    promote(named(parts, tmp_path / "r1", "r1"), tmp_path / "models")
    before = (tmp_path / "models" / "acme" / "champion.json").read_bytes()
    done = subprocess.run([sys.executable, "-c", KILLED, str(tmp_path / "models")], check=False)
    assert done.returncode != 0
    assert (tmp_path / "models" / "acme" / "champion.json").read_bytes() == before
    assert resolve_release("champion", tmp_path / "models") == tmp_path / "r1"


def pointer(*events: tuple[str, str]) -> Pointer:
    history = tuple({"event": event, "id": identity} for event, identity in events)
    return Pointer(Path("champion.json"), {}, history)


@pytest.mark.parametrize(
    ("events", "previous"),
    [
        ([(PROMOTED, "a")], None),
        ([(PROMOTED, "a"), (PROMOTED, "b")], "a"),
        ([(PROMOTED, "a"), (PROMOTED, "b"), (ROLLED_BACK, "a")], None),
        ([(PROMOTED, "a"), (PROMOTED, "b"), (PROMOTED, "c"), (ROLLED_BACK, "b")], "a"),
        ([(PROMOTED, "a"), (PROMOTED, "b"), (ROLLED_BACK, "a"), (PROMOTED, "c")], "a"),
        ([(PROMOTED, "a"), (PROMOTED, "b"), (PROMOTED, "b")], "a"),
    ],
)
def test_going_back_leads_to_the_champion_of_before_and_never_in_circles(events, previous):
    found = pointer(*events).previous()
    assert (found["id"] if found else None) == previous


def test_a_pointer_of_two_companies_needs_a_name(parts, tmp_path):
    root = tmp_path / "models"
    promote(named(parts, tmp_path / "r1", "r1"), root)
    (root / "other").mkdir()
    (root / "other" / "champion.json").write_text((root / "acme" / "champion.json").read_text())
    with pytest.raises(DataError, match="has champions of: acme, other"):
        read_pointer(root)
    assert read_pointer(root, "acme").entry["id"] == "r1"
    assert read_pointer(root, "nobody") is None


def test_a_file_that_is_no_pointer_is_named(tmp_path):
    (tmp_path / "acme").mkdir()
    (tmp_path / "acme" / "champion.json").write_text("[]")
    with pytest.raises(DataError, match=r"champion\.json must hold 'id' and 'checksum'"):
        read_pointer(tmp_path, "acme")


def test_the_smallest_pointer_of_the_contract_is_read(parts, tmp_path):
    release = named(parts, tmp_path / "models" / "acme" / "r1", "r1")
    smallest = {"id": "r1", "checksum": checksum(release.folder)}
    (tmp_path / "models" / "acme" / "champion.json").write_text(json.dumps(smallest))
    assert resolve_release("champion", tmp_path / "models") == release.folder
    promote(named(parts, tmp_path / "r2", "r2"), tmp_path / "models")
    assert read_pointer(tmp_path / "models", "acme").previous()["id"] == "r1"
