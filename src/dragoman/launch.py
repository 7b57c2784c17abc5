"""Starting a server: serve what stands, publish what is new beside it, and say where everything is."""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
import threading
from collections.abc import Sequence
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Protocol

import click
import msgspec

from . import assembly
from .assembly import Plane, Served, Shop
from .control.published import Published, note_address
from .control.site import Room
from .errors import DragomanError
from .observations import Observe
from .progress import Bar, looking
from .serving import server
from .serving.asgi import Application
from .serving.log import Log, share
from .serving.metrics import Metrics, open_folder
from .settings import Settings

_POLL_S = 0.02


class Beside(Protocol):
    """What runs beside the answers in each process that serves."""

    def start(self) -> None:
        """Begin, after any fork."""

    def stop(self) -> None:
        """End."""


def serve(sources: Sequence[str], name: str | None, settings: Settings, *, as_json: bool) -> None:
    """Serve until told to stop. Raises `DragomanError` for what can never be served."""
    log = Log(sys.stderr, access=settings.access_log)
    with looking(shown=not as_json):
        catalogs, choices = assembly.load_catalogs(sources, name, settings)
    shops = assembly.open_sources(catalogs, settings)
    register, follower = assembly.open_register(settings, log)
    meter, leased = assembly.open_meter(settings, log)
    plane = assembly.assemble(shops, settings, log, register, meter)
    published = Published(catalogs=plane.catalogs, address_of=plane.address_of, sample_of=plane.sample_of,
                          index=settings.mounts.get("gw2", "/v2"))
    room = Room(settings, published, log)
    beside: list[Beside] = [follower, room, *([leased] if leased is not None else [])]
    data_dir = Path(settings.data_dir)
    assembly.remember(data_dir, Served(sources=tuple(sources), name=name))
    if not as_json:
        for choice in choices:
            click.echo(choice, err=True)
    plane.editions.refresh()
    listening = server.listen(settings)
    note_address(data_dir, server.url_of(listening, settings))
    publisher = _publish_beside(shops, settings, log, as_json=as_json)
    screen = Screen(plane, settings, server.url_of(listening, settings), as_json=as_json)
    metrics = Metrics(open_folder(settings), plane.publications)
    application = Application(
        plane.answerer, settings, share(metrics, log), ready=plane.ready, metrics=metrics.render,
        room=room, on_start=[*(each.start for each in beside)], on_tick=[plane.editions.refresh, metrics.tick],
        on_stop=[*(each.stop for each in beside), metrics.flush, log.flush],
    )
    watcher = threading.Thread(target=_watch, args=(publisher, plane, screen), daemon=True)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))       # until the server takes it over, nothing has been served
    server.run(application, settings, log, listening, watcher.start)
    if publisher is not None and publisher.exitcode and not plane.ready():
        sys.exit(1)


def _publish_beside(shops: Sequence[Shop], settings: Settings, log: Observe, *, as_json: bool) -> BaseProcess | None:
    """Publish what is outdated in a process of its own, whose memory is gone when it is done."""
    outdated = [shop for shop, _ in assembly.outdated(shops, settings)]
    if not outdated:
        return None
    process = multiprocessing.get_context("fork").Process(
        target=_publish, args=(outdated, settings, log, as_json), name="publisher",
    )
    process.start()                         # before any thread or event loop, so that the fork is clean
    return process


def _publish(shops: Sequence[Shop], settings: Settings, log: Observe, as_json: bool) -> None:
    try:
        with Bar(shown=not as_json) as bar:
            assembly.publish(shops, settings, log, bar)
    except DragomanError as error:
        click.echo(f"dragoman: {error}", err=True)
        sys.exit(1)


def _watch(publisher: BaseProcess | None, plane: Plane, screen: Screen) -> None:
    """Wait for the first edition, then show the screen; end the server where nothing can ever be shown."""
    if publisher is not None:
        publisher.join()
        if publisher.exitcode and not plane.ready():
            click.echo("dragoman: nothing can be served until the data are mended.", err=True)
            os.kill(os.getpid(), signal.SIGTERM)
            return
    while not plane.ready():
        plane.editions.refresh()
        threading.Event().wait(_POLL_S)
    screen.show()


class Screen:
    """What a person sees when the server answers: where the pages are, and lines to paste."""

    def __init__(self, plane: Plane, settings: Settings, url: str, *, as_json: bool) -> None:
        self._plane, self._settings, self._url, self._as_json = plane, settings, url, as_json

    def show(self) -> None:
        """Print it once."""
        if self._as_json:
            facts = {"url": self._url, "pid": os.getpid(), "catalogs": [each.name for each in self._plane.catalogs],
                     "examples": self._examples()}
            click.echo(msgspec.json.encode(facts).decode())
            sys.stdout.flush()
            return
        titles = ", ".join(catalog.title for catalog in self._plane.catalogs)
        click.echo(f"\n{titles}: ready\n\n  First page   {self._url}/\n")
        for dialect, example in self._examples().items():
            click.echo(f"  {dialect:<11}  curl '{example}'")
        click.echo("\nCtrl-C stops the server.")
        sys.stdout.flush()

    def _examples(self) -> dict[str, str]:
        """One address of each dialect that answers 200."""
        return {dialect.name: self._url + address for dialect in self._plane.dialects
                if (address := self._plane.example(dialect)) is not None}
