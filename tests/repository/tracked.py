"""What git knows of, for the tests of the repository itself."""

from __future__ import annotations

import ast
import subprocess
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]


def _listed() -> list[str]:
    """Tracked files, and those that will be; of a tree without git every file outside of hidden folders."""
    listing = subprocess.run(["git", "ls-files", "--cached", "--others", "--exclude-standard"], cwd=ROOT, text=True,
                             capture_output=True, check=False)
    if listing.returncode == 0:
        return listing.stdout.splitlines()
    folders = ("src", "tests", "docs", "bench", "examples", "scripts", "requirements")
    return [str(path.relative_to(ROOT)) for folder in folders for path in (ROOT / folder).rglob("*")
            if not {"node_modules", "__pycache__"} & set(path.parts)]


FILES = [path for name in sorted(_listed()) if (path := ROOT / name).is_file()]
TEXTS = {path: text for path in FILES if (text := path.read_text(errors="replace")) and "\0" not in text}
MODULES = {path: text for path, text in TEXTS.items() if path.suffix == ".py"}
SOURCES = {path: text for path, text in MODULES.items() if path.is_relative_to(ROOT / "src")}
PAGES = {path: text for path, text in TEXTS.items() if path.suffix == ".md"}


def name(path: Path) -> str:
    """A path as people say it."""
    return str(path.relative_to(ROOT))


def marks() -> Iterator[tuple[str, str]]:
    """Each requirement id with a test that bears its mark: id and file."""
    for path, text in MODULES.items():
        if path.is_relative_to(ROOT / "tests"):
            for node in ast.walk(ast.parse(text)):
                if isinstance(node, ast.Call) and ast.unparse(node.func) == "pytest.mark.covers":
                    yield from ((each.value, name(path)) for each in node.args
                                if isinstance(each, ast.Constant) and isinstance(each.value, str))
