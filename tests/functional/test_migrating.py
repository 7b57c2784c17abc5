"""The database of accounts is made whole or not at all, whenever its maker is killed."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from ..conftest import run_dragoman

DIES = """
import os, sys
from pathlib import Path
from dragoman.control.configuration import configure
from dragoman.settings import load

settings = load(data_dir=sys.argv[1])
configure(settings)
from django.db.migrations.recorder import MigrationRecorder

noted = MigrationRecorder.record_applied

def note(recorder, app, name):
    if len(recorder.applied_migrations()) >= int(sys.argv[2]):
        os._exit(9)
    noted(recorder, app, name)

MigrationRecorder.record_applied = note
from dragoman.control.migrating import migrate
migrate(settings)
"""


@pytest.mark.parametrize("steps", [0, 20])
def test_whenever_its_maker_is_killed_it_can_be_made_again(tmp_path: Path, steps: int) -> None:
    """Killed between a step and its note, which is where Django by itself would leave a table nobody knows of."""
    data = tmp_path / "data"
    data.mkdir()
    killed = subprocess.run([sys.executable, "-c", DIES, str(data), str(steps)], env=os.environ, timeout=60, check=False,
                            capture_output=True, text=True)
    assert killed.returncode == 9, killed.stderr
    again = run_dragoman("migrate", "--data-dir", str(data), cwd=tmp_path)
    assert again.returncode == 0, again.stderr
    told = run_dragoman("account", "add", "alice", "--json", "--data-dir", str(data), cwd=tmp_path)
    assert told.returncode == 0, told.stderr
