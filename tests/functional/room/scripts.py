"""Code that runs in a process of its own beside a Room, on its database: what two processes do at once, step by step."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap

from .visitor import Room

_HEAD = """
import sys
from dragoman.control.migrating import migrate
from dragoman.settings import load
settings = load(data_dir="data")
migrate(settings, first_only=True)
from dragoman.control.accounts import services as accounts
from dragoman.control.accounts.models import Account
from dragoman.control.applications import services as applications
from dragoman.control.applications.models import Application
from dragoman.control.keys import services as keys
from dragoman.control.keys.models import Key
from dragoman.control.ledger.models import Fact
"""


def script(room: Room, code: str, *arguments: str) -> str:
    """Run code with the Room's models at hand, to its end; what it printed. Its arguments are in `sys.argv[1:]`."""
    environment = {**os.environ, **room.server.environment}
    done = subprocess.run([sys.executable, "-c", _HEAD + textwrap.dedent(code), *arguments], cwd=room.server.folder,
                          env=environment, text=True, capture_output=True, check=False, timeout=120)
    assert done.returncode == 0, done.stderr
    return done.stdout
