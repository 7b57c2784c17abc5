"""Where a resource's records come from, as declared; `sources/` reads them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import msgspec


class Origin(msgspec.Struct, frozen=True):
    """The root of all declared origins; a stranger's source declares its own subclass."""


class Table(Origin, frozen=True):
    """A table or view of a database: `Table("vehicles")`, `Table("items", schema="stock")`."""

    name: str
    schema: str | None = None
    """The schema that it stands in, where that is not the database's default."""
    database: str | None = None
    """The database's URL where it is not the catalog's."""
    columns: dict[str, str] = {}
    """The column of each field whose column has another name."""
    key: tuple[str, ...] = ()
    """The columns that make up the key where there are several; their values are joined by `:`."""


class File(Origin, frozen=True):
    """A CSV, JSON, NDJSON or Parquet file, relative to the catalog's own: `File("games-{cluster}.csv")`."""

    path: str
    columns: dict[str, str] = {}
    """The column of each field whose column has another name."""
    key: tuple[str, ...] = ()
    """The columns that make up the key where there are several; their values are joined by `:`."""


class Rows(Origin, frozen=True):
    """A Python function that yields the records, as instances or mappings: `Rows(read_currencies)`.

    It is called without arguments, or with the cluster's name where it has a parameter `cluster`.
    """

    function: Callable[..., Iterable[Any]]
    get: Callable[..., Any] | None = None
    """Reads the records of a list of keys at request time, for a live resource."""
    depends_on: tuple[str, ...] = ()
    """Names of packages and paths of files whose change makes the records new."""


class Column(msgspec.Struct, frozen=True, kw_only=True):
    """One column that a source found, for publishing without code."""

    name: str
    type: Any
    """The annotation that its values fit: `int`, `str | None`, `Any` for JSON of unknown content."""
    nullable: bool = True
    unique: bool = False
    promised: bool = False
    """Whether the database sees to it that the column is unique, or its values only happen to be so now."""


class Found(msgspec.Struct, frozen=True, kw_only=True):
    """One table or file that a source found, for publishing without code."""

    name: str
    origin: Origin
    columns: tuple[Column, ...]
    primary_key: tuple[str, ...] = ()
    note: str = ""
    """Why there are no columns, where there are none."""
    remarks: tuple[str, ...] = ()
    """What its publisher should know of how it is read, each a sentence."""


ROW_NUMBER = "row_number"
"""The name of the key that a source supplies where the data have none: the row's number, from 1."""

Row = Mapping[str, Any]
