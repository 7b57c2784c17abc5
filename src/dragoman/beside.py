"""What a server has done in processes of their own, forked before it has any thread: publishing, and preparing a demo."""

from __future__ import annotations

import multiprocessing
import os
import sys
from collections.abc import Sequence
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess

import click

from . import assembly
from .assembly import Shop
from .control.demo import Demo, prepare
from .control.published import Published
from .errors import DragomanError
from .observations import Observe
from .progress import Bar
from .settings import Settings

_YIELDING = 10
"""How much the demo gives way to the first answers."""
_FORK = multiprocessing.get_context("fork")


def publish_beside(shops: Sequence[Shop], settings: Settings, log: Observe, *, as_json: bool) -> BaseProcess | None:
    """Publish what is outdated, in a process whose memory is gone when it is done; None where nothing is."""
    outdated = assembly.outdated(shops, settings)
    if not outdated:
        return None
    process = _FORK.Process(target=_publish, args=(outdated, settings, log, as_json), name="publisher")
    process.start()
    return process


def _publish(shops: Sequence[Shop], settings: Settings, log: Observe, as_json: bool) -> None:
    try:
        with Bar(shown=not as_json) as bar:
            assembly.publish(shops, settings, log, bar)
    except DragomanError as error:
        click.echo(f"dragoman: {error}", err=True)
        sys.exit(1)


class DemoBeside:
    """Prepares a demo while the data plane starts, and hands over what it has made."""

    def __init__(self, settings: Settings, published: Published) -> None:
        self._ours, theirs = _FORK.Pipe(duplex=False)
        _FORK.Process(target=_prepare, args=(settings, published, theirs), name="demo", daemon=True).start()
        theirs.close()

    def made(self) -> Demo | None:
        """Wait for it; None where it could not be made, which was told then."""
        try:
            found: Demo = self._ours.recv()
        except EOFError:
            return None
        return found


def _prepare(settings: Settings, published: Published, told: Connection) -> None:
    os.nice(_YIELDING)
    try:
        told.send(prepare(settings, published))
    except DragomanError as error:
        click.echo(f"dragoman: no demo key and no link for the operator: {error}", err=True)
        sys.exit(1)
