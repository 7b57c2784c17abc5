"""Commands about data: serve, init, publish, editions, rollback."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from ..backup import serving
from ..settings import Settings, load
from .common import common, say


@click.command(short_help="Publish what is new, and serve it.")
@click.argument("sources", nargs=-1, metavar="[CATALOG.py | FILE | FOLDER | DATABASE-URL]...")
@click.option("--host", help="The address to listen on (127.0.0.1).")
@click.option("--port", type=click.IntRange(0, 65_535), help="The port to listen on (8000); 0 takes a free one.")
@click.option("--workers", type=click.IntRange(1, 512), help="How many processes answer (1).")
@click.option("--name", help="The name of a catalog published without code.")
@click.option("--tls-cert", type=click.Path(exists=True, dir_okay=False), help="A certificate chain, PEM.")
@click.option("--tls-key", type=click.Path(exists=True, dir_okay=False), help="Its key, PEM.")
@click.option("--demo", is_flag=True, help="Show a link that signs the operator in, and a key to try, made anew.")
@common
def serve(
    sources: tuple[str, ...], host: str | None, port: int | None, workers: int | None, name: str | None,
    tls_cert: str | None, tls_key: str | None, demo: bool, data_dir: str | None, as_json: bool,
) -> None:
    """Publish what is new and serve it: catalogs, data files, folders of them, or databases, with or without code."""
    from ..launch import serve as start

    settings = load(host=host, port=port, workers=workers, data_dir=data_dir, tls_cert=tls_cert, tls_key=tls_key)
    with serving(settings):
        start(sources, name, settings, as_json=as_json, demo=demo)


@click.command(short_help="Print an editable catalog of a data source.")
@click.argument("source")
@click.option("--name", help="The catalog's name; that of the source by default.")
@common
def init(source: str, name: str | None, data_dir: str | None, as_json: bool) -> None:
    """Print an editable catalog that serves a file, folder or database as `serve` would without code."""
    from .. import assembly

    catalogs, choices = assembly.load_catalogs([source], name, load(data_dir=data_dir))
    text = assembly.source_text(catalogs[0])
    if as_json:
        say({"catalog": catalogs[0].name, "source": text, "choices": choices})
        return
    click.echo(text, nl=False)
    for choice in choices:
        click.echo(f"# {choice}", err=True)


@click.command(short_help="Make new editions now.")
@click.argument("sources", nargs=-1, metavar="[CATALOG.py | FILE | FOLDER | DATABASE-URL]...")
@click.option("--name", help="The name of a catalog published without code.")
@common
def publish(sources: tuple[str, ...], name: str | None, data_dir: str | None, as_json: bool) -> None:
    """Make new editions now; a running server serves them without a restart."""
    from .. import assembly
    from ..progress import Bar
    from ..serving.log import Log

    settings = load(data_dir=data_dir)
    shops = _shops(sources, name, settings)
    with Bar(shown=not as_json) as bar, contextlib.redirect_stdout(sys.stderr):     # sources may print
        ids = assembly.publish(shops, settings, Log(sys.stderr, access=settings.access_log), bar)
    made = [{"catalog": shop[0].name, "cluster": shop[1], "edition": id} for shop, id in zip(shops, ids, strict=True)]
    if as_json:
        say({"published": made})
    else:
        for each in made:
            click.echo(f"Published {each['catalog']} ({each['cluster']}): edition {each['edition']}")


@click.command(short_help="List the editions that are kept.")
@common
def editions(data_dir: str | None, as_json: bool) -> None:
    """List the editions that are kept, the newest first; the current one is marked."""
    from rich.filesize import decimal

    from .. import assembly

    listed = assembly.list_editions(load(data_dir=data_dir))
    if as_json:
        say({"editions": listed})
        return
    for each in listed:
        mark = "*" if each["current"] else " "
        compiled = f", old versions compiled: {each['versions']}" if each["versions"] else ""
        click.echo(f"{mark} {each['catalog']} {each['cluster']} {each['id']}  {each['records']:,} records, "
                   f"{decimal(each['size_bytes'])}{compiled}")
    if not listed:
        click.echo("No edition was published yet.", err=True)


@click.command(short_help="Serve an older edition again.")
@click.option("--catalog", help="The catalog, where there are several.")
@click.option("--cluster", help="The cluster, where there are several.")
@click.option("--to", "edition", help="The edition to go back to; the one before the current by default.")
@common
def rollback(
    catalog: str | None, cluster: str | None, edition: str | None, data_dir: str | None, as_json: bool,
) -> None:
    """Serve an older edition again; a running server follows without a restart."""
    from .. import assembly

    back = assembly.roll_back(load(data_dir=data_dir), catalog, cluster, edition)
    if as_json:
        say({"rolled_back": back})
    else:
        for each in back:
            click.echo(f"Serving {each['catalog']} ({each['cluster']}): edition {each['edition']}")
            if each["unlike"]:
                click.echo(f"Its records of {', '.join(each['unlike'])} looked otherwise than today. A server that runs goes on with the "
                           "edition that it has: start one with the catalog of then.", err=True)


def _shops(sources: Sequence[str], name: str | None, settings: Settings) -> list[Any]:
    from .. import assembly

    data_dir = Path(settings.data_dir)
    served = assembly.Served(sources=tuple(sources), name=name) if sources else assembly.recall(data_dir)
    catalogs, _ = assembly.load_catalogs(served.sources, served.name, settings)
    return assembly.open_sources(catalogs, settings)
