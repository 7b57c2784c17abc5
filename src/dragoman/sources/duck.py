"""DuckDB as a reader of one file: in memory, bounded, with no way to anything else."""

from __future__ import annotations

import contextlib
import csv
import gzip
import io
import re
import tempfile
import zlib
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import IO, Any, TypeVar, cast

from ..errors import PublicationError, SettingsError, SourceUnavailable

T = TypeVar("T")
_HEAD_MAX_BYTES = _PIECE_BYTES = 1 << 20
LINE_MAX_BYTES = 4_000_000
"""The longest row of a CSV file. DuckDB leaves one out, silently, that is the last and larger than its buffer."""
_ASIDES = (" ", "Original Line", "Possible", "LINE", "Try ")
_BATCH = 2_000
_WILDCARDS = "*?["
_CSV = """read_csv({path}, auto_detect = false, header = true, columns = {columns}, delim = {delimiter}, quote = '"',
    escape = '"', max_line_size = {line_max}, buffer_size = 8000000)"""
READERS = {
    ".csv": _CSV, ".tsv": _CSV, ".json": "read_json_objects({path}, format = 'auto')",
    ".ndjson": "read_json_objects({path}, format = 'newline_delimited')",
    ".jsonl": "read_json_objects({path}, format = 'newline_delimited')", ".parquet": "read_parquet({path})",
}
"""How each kind of file is read, by the end of its name: CSV as texts, its first row being the names (RFC 4180); JSON
as one text a record."""


def kind_of(path: Path) -> str | None:
    """The ending that tells how a file is read, `.gz` left aside for text; None for a file of another kind."""
    suffixes = [suffix.lower() for suffix in path.suffixes]
    packed = suffixes[-1:] == [".gz"]
    kind = suffixes[-2 if packed else -1] if len(suffixes) > packed else ""
    return kind if kind in READERS and not (packed and kind == ".parquet") else None


class Duck:
    """One open file; its failures are those of the source of the resource `name`."""

    def __init__(self, connection: Any, path: Path, name: str) -> None:
        self._connection, self._path, self._name = connection, path, name
        self._blanks = {"{path}": quoted(str(path))}
        if kind_of(path) in (".csv", ".tsv"):
            self._blanks |= _csv_blanks(path)

    def run(self, query: str) -> Sequence[Any]:
        """All rows of a small answer; what reads the file stands in the query as in `READERS`."""
        found: Sequence[Any] = self._tried(lambda: self._connection.execute(self._filled(query)).fetchall())
        return found

    def stream(self, query: str) -> tuple[list[str], Iterator[Sequence[Any]]]:
        """The names of the columns, and the rows, a batch in memory at a time."""
        cursor = self._tried(lambda: self._connection.execute(self._filled(query)))
        return [each[0] for each in cursor.description], self._batches(cursor)

    def _batches(self, cursor: Any) -> Iterator[Sequence[Any]]:
        while rows := self._tried(partial(cursor.fetchmany, _BATCH)):
            yield from rows

    def _filled(self, query: str) -> str:
        for blank, text in self._blanks.items():
            query = query.replace(blank, text)
        return query

    def _tried(self, function: Callable[[], T]) -> T:
        import duckdb

        try:
            return function()
        except duckdb.IOException as error:
            raise SourceUnavailable(f"{self._name}: {self._reason(error)}") from error
        except duckdb.Error as error:
            raise PublicationError(self._name, f"the file cannot be read: {self._reason(error)}.",
                                   hint="Mend the file; text is UTF-8.") from error

    def _reason(self, error: Exception) -> str:
        """What went wrong, without the text of the file, its folder, and advice for those who write SQL."""
        lines = [line for line in str(error).partition(": ")[2].split("\n") if line and not line.startswith(_ASIDES)]
        return " ".join(lines[:2]).rstrip(". ").replace(str(self._path), self._path.name)

    def stop(self) -> None:
        """End what is being read, from another thread."""
        self._connection.interrupt()


@contextlib.contextmanager
def opened(path: Path, name: str) -> Iterator[Duck]:
    """Open one file for reading. Raises `SettingsError` without DuckDB, `SourceUnavailable` without the file."""
    try:
        import duckdb
    except ModuleNotFoundError:
        raise SettingsError("Files are read by DuckDB: install it with pip install 'dragoman[files]'.") from None
    if not path.is_file():
        raise SourceUnavailable(f"{name}: the file {path.name} is not there")
    with _plainly_named(path) as plain, duckdb.connect(":memory:", config={
        "autoinstall_known_extensions": "false", "autoload_known_extensions": "false", "threads": "1",
        "memory_limit": "512MB", "preserve_insertion_order": "true", "temp_directory": "",
    }) as connection:
        connection.execute(f"SET allowed_paths = [{quoted(str(plain))}]")
        connection.execute("SET enable_external_access = false")
        connection.execute("SET TimeZone = 'UTC'")
        connection.execute("SET enable_progress_bar = false")       # it would print into what machines read
        connection.execute("SET lock_configuration = true")
        yield Duck(connection, plain, name)


@contextlib.contextmanager
def _plainly_named(path: Path) -> Iterator[Path]:
    """A name without wildcards, which DuckDB would look up as a pattern."""
    if not any(each in str(path) for each in _WILDCARDS):
        yield path
        return
    with tempfile.TemporaryDirectory(prefix="dragoman-") as folder:
        link = Path(folder) / ("file" + "".join(path.suffixes[-2:] if path.suffix.lower() == ".gz" else path.suffix))
        link.symlink_to(path)
        yield link


def quoted(text: str) -> str:
    """A text in a query."""
    return "'" + text.replace("'", "''") + "'"


def identifier(name: str) -> str:
    """A column's name in a query."""
    return '"' + name.replace('"', '""') + '"'


@contextlib.contextmanager
def text_of(path: Path) -> Iterator[IO[bytes]]:
    """The bytes of a file, unpacked where it is packed. Raises `PublicationError` for what is no text at all."""
    try:
        with gzip.open(path) if path.suffix.lower() == ".gz" else path.open("rb") as file:
            yield cast(IO[bytes], file)
    except (OSError, EOFError, zlib.error, csv.Error) as error:
        raise PublicationError(path.name, f"the file cannot be read: {error}.") from None


def _csv_blanks(path: Path) -> dict[str, str]:
    """The names in the first row of a CSV file, and what separates them: guessing from more would hide a broken row."""
    with text_of(path) as file:
        head = io.StringIO(file.read(_HEAD_MAX_BYTES).decode("utf-8-sig", errors="replace"), newline=None).read()
        preferred = "\t,;|" if kind_of(path) == ".tsv" else ",;\t|"
        delimiter = max(preferred, key=re.sub(r'"[^"]*"', "", head).partition("\n")[0].count)
        names = next(csv.reader(io.StringIO(head), delimiter=delimiter), [])
    columns = ", ".join(f"{quoted(name)}: 'VARCHAR'" for name in _different(names))
    return {"{columns}": f"{{{columns}}}", "{delimiter}": quoted(delimiter), "{line_max}": str(LINE_MAX_BYTES)}


def check_lines(path: Path) -> None:
    """Raise `PublicationError` for a CSV file with a line that is longer than a row may be; costs reading it."""
    since_end, number = 0, 1
    with text_of(path) as file:
        while piece := file.read(_PIECE_BYTES):
            first = min((at for at in (piece.find(b"\n"), piece.find(b"\r")) if at >= 0), default=len(piece))
            since_end += first
            if since_end > LINE_MAX_BYTES:
                raise PublicationError(path.name, f"line {number} is longer than {LINE_MAX_BYTES:,} bytes.",
                                       hint="Mend it, or publish so large a text as JSON or Parquet.")
            if first < len(piece):
                number += piece.count(b"\n") or piece.count(b"\r")
                since_end = len(piece) - 1 - max(piece.rfind(b"\n"), piece.rfind(b"\r"))


def _different(names: Sequence[str]) -> Iterator[str]:
    """Names of columns, numbered where one is empty or stands twice in any case."""
    seen: set[str] = set()
    for number, name in enumerate(names, start=1):
        plain = name.strip() or f"column_{number}"
        free, again = plain, 2
        while free.casefold() in seen:
            free, again = f"{plain}_{again}", again + 1
        seen.add(free.casefold())
        yield free
