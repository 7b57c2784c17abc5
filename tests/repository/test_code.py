"""What holds of every file: sizes, first lines, reasons beside exemptions, and words that do not belong."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from .tracked import MODULES, ROOT, SOURCES, TEXTS, name

FUNCTION_LINES_MAX, MODULE_LINES_MAX = 70, 400
EXEMPTION = re.compile(r"#\s*(?:noqa\b|type:\s*ignore\b)")
EXPLAINED = re.compile(r"#\s*(?:noqa: [A-Z]+[0-9]+(?:, ?[A-Z]+[0-9]+)*|type: ignore\[[a-z-]+(?:, ?[a-z-]+)*\])\s+#\s*\w+")
FOREIGN = (
    # joined from halves, so that this file does not hold them
    "pypi" + ".org", "python" + "hosted.org", "npm" + "js.org", "debian" + ".org", "ubuntu" + ".com/ubuntu",
    "/wor" + "k/", "/ro" + "ot/", "/hom" + "e/", "../sha" + "red", "/opt/" + "wheels",
)


@pytest.mark.parametrize("path", SOURCES, ids=name)
def test_a_module_says_what_it_is_for_and_can_be_held_in_mind(path: Path) -> None:
    """Its first line is its docstring, and it is not longer than a sitting."""
    text = SOURCES[path]
    assert text.startswith('"""'), "the first line says what the module is for"
    assert len(text.splitlines()) <= MODULE_LINES_MAX
    long = [f"{node.name}: {lines}" for node in ast.walk(ast.parse(text))
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
            and (lines := (node.end_lineno or 0) - node.lineno + 1) > FUNCTION_LINES_MAX]
    assert not long


def test_every_package_of_tests_is_one() -> None:
    """Two tests may have one name in two folders."""
    folders = {path.parent for path in MODULES if path.is_relative_to(ROOT / "tests")}
    assert not [name(folder) for folder in folders if not (folder / "__init__.py").exists()]


def test_every_exemption_has_its_reason() -> None:
    """`noqa` and `type: ignore` name a rule and say why, in the same line."""
    bare = [f"{name(path)}:{number}: {line.strip()}" for path, text in MODULES.items() if path != Path(__file__)
            for number, line in enumerate(text.splitlines(), 1) if EXEMPTION.search(line) and not EXPLAINED.search(line)]
    assert not bare, "\n".join(bare)


def test_every_rule_that_is_left_out_has_its_reason() -> None:
    """So have the exemptions of ruff in pyproject.toml."""
    lists = re.findall(r"^(?:ignore|\"[^\"]+\") = \[(.*?)^\]|^(\"[^\"]+\" = \[.*\].*)$",
                       (ROOT / "pyproject.toml").read_text(), re.M | re.S)
    assert lists
    for block, line in lists:
        rows = [line] if line else [row for row in block.splitlines() if row.strip()]
        codes = [row for row in rows if re.search(r'"[A-Z]+[0-9]*"', row)]
        reasons = [row for row in rows if "#" in row]
        assert reasons, (block or line)
        if not line and len(reasons) > 1:
            assert [row for row in codes if "#" not in row] == []


@pytest.mark.parametrize("word", FOREIGN)
def test_no_file_names_an_index_or_a_place_of_one_machine(word: str) -> None:
    """What is here works anywhere."""
    assert not [name(path) for path, text in TEXTS.items() if word in text.replace("/api/home/", "")]      # an address of ours


def test_scripts_can_be_run() -> None:
    """They are executable, and stop at the first failure, as Python does by itself."""
    shell = [path for path in (ROOT / "scripts").iterdir() if path.is_file() and path.suffix != ".py"]
    assert shell
    for path in [*shell, ROOT / ".ci" / "run"]:
        assert path.stat().st_mode & 0o111, name(path)
        assert "set -euo pipefail" in path.read_text(), name(path)
