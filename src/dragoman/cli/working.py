"""The command that does long operations apart from any server."""

from __future__ import annotations

import click

from ..backup import serving
from ..settings import load
from .common import common


@click.command(short_help="Do long operations, apart from the server.")
@click.argument("sources", nargs=-1, metavar="[CATALOG.py]...")
@click.option("--processes", type=click.IntRange(1, 512), help="How many work at once (operations.processes, at least 1).")
@click.option("--name", help="The name of a catalog published without code.")
@click.option("--beside", type=int, hidden=True, help="The process id of the server that these belong to.")
@common
def worker(
    sources: tuple[str, ...], processes: int | None, name: str | None, beside: int | None, data_dir: str | None, as_json: bool,
) -> None:
    """Do the long operations of catalogs, those last served where none are named; one at a time in each process.

    A server brings workers of its own; set `operations.processes = 0` where they run apart. Told to stop, a worker gives back
    what it has begun, and another one does it.
    """
    from ..pool import work

    settings = load(data_dir=data_dir)
    with serving(settings):
        work(sources, name, settings, processes or max(1, settings.operations.processes), as_json=as_json, beside=beside)
