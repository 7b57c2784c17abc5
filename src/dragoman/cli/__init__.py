"""The command line: `dragoman serve`, `publish`, `account add` and all the others."""

from __future__ import annotations

import atexit
import gc
import os
from typing import Any

import click

from .. import __version__
from . import announcing, applications, checking, keeping, keys, methods, people, publishing, working


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="dragoman")
def main() -> None:
    """Publish data as a public API: every client asks in the convention, language and format that it knows."""
    os.umask(os.umask(0o077) | 0o007)       # accounts, letters and statistics are nobody else's on this machine
    atexit.register(gc.freeze)              # who ends need not look for what is unused: a tenth to half a second


def _add(*commands: Any) -> None:
    for command in commands:
        main.add_command(command)


_add(publishing.serve, publishing.init, publishing.publish, publishing.editions, publishing.rollback, checking.check)
_add(people.account, people.terms, applications.application, keys.key, methods.method, people.migrate, announcing.announce)
_add(keeping.backup, keeping.restore, working.worker)
