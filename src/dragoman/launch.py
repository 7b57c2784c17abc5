"""Starting a server: serve what stands, publish what is new beside it, and say where everything is."""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Sequence
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Protocol

import click

from . import assembly
from .assembly import Served
from .beside import DemoBeside, publish_beside
from .control.published import Published, note_address
from .control.sign_ins import SignIns
from .control.site import Room
from .plane import Plane
from .pool import Pool
from .progress import looking
from .screen import Screen
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


def serve(sources: Sequence[str], name: str | None, settings: Settings, *, as_json: bool, demo: bool = False) -> None:
    """Serve until told to stop; a demo shows a link for the operator and a key too. Raises `DragomanError` for what can
    never be served."""
    out, sys.stdout = sys.stdout, sys.stderr        # what catalogs and methods print goes with the log
    log = Log(sys.stderr, access=settings.access_log)
    with looking(shown=not as_json):
        catalogs, choices = assembly.load_catalogs(sources, name, settings)
    shops = assembly.open_sources(catalogs, settings)
    register, switches, following = assembly.open_register(settings, log)
    meter, leased = assembly.open_meter(settings, log)
    pool = Pool(sources, name, settings, log) if settings.operations.processes and any(each.has_operations for each in catalogs) else None
    metrics = Metrics(open_folder(settings, shared=pool is not None), lambda: plane.publications())
    plane = assembly.assemble(shops, settings, share(metrics, log), register, meter, switches, SignIns(settings))
    published = Published(catalogs=plane.catalogs, address_of=plane.address_of, addresses_of=plane.addresses_of, sample_of=plane.sample_of,
                          text_found=plane.text_found,
                          examples_with=plane.examples_with, descriptions_of=plane.descriptions_of,
                          operations=plane.operations,
                          index=settings.bases()["gw2"].current)
    room = Room(settings, published, log)
    counter, recorder = assembly.open_statistics(settings, log)
    beside: list[Beside] = [*following, room, recorder, *([leased] if leased is not None else [])]
    data_dir = Path(settings.data_dir)
    assembly.remember(data_dir, Served(sources=tuple(sources), name=name))
    if not as_json:
        for choice in choices:
            click.echo(choice, err=True)
    plane.editions.refresh()
    listening = server.listen(settings)
    url = server.url_of(listening, settings)
    note_address(data_dir, url)
    publisher = publish_beside(shops, settings, log, as_json=as_json)
    prepared = DemoBeside(settings, published) if demo else None
    screen = Screen(plane, url, None if settings.mail.host else data_dir / "mail", out, as_json=as_json)
    application = Application(
        plane.answerer, settings, share(metrics, counter, log), ready=plane.ready, metrics=metrics.render,
        room=room, on_start=[*(each.start for each in beside)], on_tick=[plane.editions.refresh, metrics.tick],
        on_stop=[*(each.stop for each in beside), metrics.flush, log.flush],
    )
    watcher = threading.Thread(target=_watch, args=(publisher, prepared, plane, screen), daemon=True)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))       # until the server takes it over, nothing has been served

    def begin() -> None:
        watcher.start()
        if pool is not None:
            pool.start()

    try:
        server.run(application, settings, log, listening, begin)
    finally:
        if pool is not None:
            pool.stop()
    if publisher is not None and publisher.exitcode and not plane.opened():
        sys.exit(1)


def _watch(publisher: BaseProcess | None, prepared: DemoBeside | None, plane: Plane, screen: Screen) -> None:
    """Wait for the first edition, and for the demo, then show the screen; end the server where nothing can ever be shown."""
    if publisher is not None:
        publisher.join()
        if publisher.exitcode and not plane.opened():
            click.echo("dragoman: nothing can be served until the data are mended.", err=True)
            os.kill(os.getpid(), signal.SIGTERM)
            return
        plane.editions.refresh()
    while not plane.opened():
        plane.editions.refresh()
        threading.Event().wait(_POLL_S)
    screen.show(prepared.made() if prepared is not None else None)
