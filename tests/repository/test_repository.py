"""What has to hold of the repository itself."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
TRACKED = [ROOT / name for name in subprocess.run(
    ["git", "ls-files"], cwd=ROOT, text=True, capture_output=True, check=True).stdout.splitlines()]


def test_every_requirement_that_is_shown_has_a_test_and_the_other_way_round() -> None:
    """docs/requirements.md and the marks of the tests agree."""
    table = re.findall(r"^\| ([LGDW]\d+) \|.*\| (shown|planned) \|$", (ROOT / "docs/requirements.md").read_text(), re.M)
    assert len(table) == 58
    tests = "\n".join(path.read_text() for path in (ROOT / "tests").rglob("*.py"))
    covered = set(re.findall(r'"([LGDW]\d+)"', "\n".join(re.findall(r"mark\.covers\(([^)]*)\)", tests))))
    assert {id for id, state in table if state == "shown"} == covered


def test_locks_have_hashes_and_no_addresses() -> None:
    """What is installed is what was locked, from wherever."""
    for lock in (ROOT / "requirements").glob("*.txt"):
        text = lock.read_text()
        assert "://" not in text
        assert "--hash=sha256:" in text
        assert "index-url" not in text


@pytest.mark.parametrize("path", [p for p in TRACKED if p.suffix == ".py" and "src" in p.parts], ids=str)
def test_every_module_says_what_it_is_for(path: Path) -> None:
    """The first line of a module is its docstring, and no module is longer than one can hold in mind."""
    text = path.read_text()
    assert text.startswith('"""'), path
    assert text.count("\n") <= 400, path


def test_make_help_lists_every_target() -> None:
    """Each target that people call has a line of help."""
    makefile = (ROOT / "Makefile").read_text()
    phony = re.search(r"^\.PHONY: (.*)$", makefile, re.M)
    assert phony is not None
    for target in phony[1].split():
        assert re.search(rf"^{target}:.*## ", makefile, re.M), target


def test_settings_are_documented() -> None:
    """Every setting has its row."""
    from dragoman.settings import Http, Memory, Publishing, Settings

    text = (ROOT / "docs/settings.md").read_text()
    for prefix, section in (("", Settings), ("http.", Http), ("memory.", Memory), ("publishing.", Publishing)):
        for name in section.__struct_fields__:
            if name not in ("http", "memory", "publishing"):
                assert f"| `{prefix}{name}` |" in text, name
