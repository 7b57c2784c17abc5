"""The examples keep what they promise: their schemas are those of their locks."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

from .tracked import ROOT


def test_every_example_is_what_its_lock_says(tmp_path: Path) -> None:
    """Nobody changes one without noting it: dragoman check --write examples/*/catalog.py."""
    examples = sorted(path.parent.name for path in (ROOT / "examples").glob("*/catalog.py"))
    for name in examples:
        shutil.copytree(ROOT / "examples" / name, tmp_path / name, ignore=shutil.ignore_patterns("*.db*", "__pycache__"))
    checked = subprocess.run([sys.executable, "-m", "dragoman", "check", "--json", *(f"{name}/catalog.py" for name in examples)],
                             cwd=tmp_path, text=True, capture_output=True, timeout=120, check=False)
    assert checked.returncode == 0, checked.stderr
    told = json.loads(checked.stdout)["files"]
    assert [Path(each["lock"]).parent.name for each in told] == examples
    assert [each["lock"] for each in told if not each["current"]] == []
