"""Small sources made for one test: a database from SQL, a file from its text, opened as a catalog would."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Any

from dragoman import Catalog, Record
from dragoman.assembly import source_kinds
from dragoman.catalog.origin import Origin
from dragoman.catalog.values import Validator
from dragoman.contracts import Source
from dragoman.settings import Live

LIMITS = Live()


def make_database(file: Path, script: str) -> Path:
    """An SQLite database made by a script."""
    base = sqlite3.connect(file)
    base.executescript(script)
    base.commit()
    base.close()
    return file


def open_source(
    folder: Path, record: type[Record], origin: Origin, *, database: Any = None, cluster: str = "default",
    languages: tuple[str, ...] = ("en", "de"), clusters: tuple[str, ...] = (), limits: Live = LIMITS,
) -> Source:
    """The source of a single resource that is declared in a folder."""
    catalog = Catalog("things", languages=languages, database=database, clusters=clusters)
    catalog.resource("things", origin)(record)
    catalog.load(folder / "catalog.py")
    return source_kinds(limits)[type(origin)].open(catalog, catalog.resources["data/things"], cluster)


def read(source: Source, record: type[Record]) -> list[dict[str, Any]]:
    """Every record, validated."""
    return list(map(Validator(record), source.scan()))
