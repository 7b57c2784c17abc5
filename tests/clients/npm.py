"""Clients from npm, installed as their lock files say."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest


def install(name: str, folder: Path) -> Path:
    """The folder in which npm has installed a client; what cannot be installed skips its tests by name."""
    if shutil.which("node") is None or shutil.which("npm") is None:
        pytest.skip(f"{name} needs node and npm: install the Debian packages nodejs and npm")
    if not (folder / "node_modules" / ".package-lock.json").is_file():    # npm writes it when everything is there
        ran = subprocess.run(["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"], cwd=folder, check=False,
                             timeout=240, capture_output=True, text=True)
        if ran.returncode != 0:
            pytest.skip(f"npm could not install {name}: {ran.stderr[-500:]}")
    return folder
