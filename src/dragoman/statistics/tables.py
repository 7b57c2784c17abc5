"""The tables of statistics, and what is done with them: the same SQL for SQLite and PostgreSQL, with `?` for values."""

from __future__ import annotations

from .counting import BUCKETS, Call, Series

COUNTS, CALLS, WRITTEN = "statistics_count", "statistics_call", "statistics_written"
SPANS_S = (60, 3_600, 86_400)
"""How long a time one row of counts tells of, in seconds: finer ones become coarser as they age."""
SUMS = (*(f"b{number}" for number in range(BUCKETS)), "size_bytes", "time_us")
_SERIES = ", ".join(Series._fields)
_ADDED = ", ".join(f"{name} = {COUNTS}.{name} + excluded.{name}" for name in SUMS)
_ON_CONFLICT = f"ON CONFLICT (span, at, {_SERIES}, node) DO UPDATE SET {_ADDED}"
_COLUMNS = f"span, at, {_SERIES}, node, {', '.join(SUMS)}"


def schema(serial: str) -> tuple[str, ...]:
    """Every table, where it is missing; `serial` is the type of a number that counts up by itself."""
    texts = ", ".join(f"{name} TEXT NOT NULL" for name in Series._fields)
    sums = ", ".join(f"{name} BIGINT NOT NULL" for name in SUMS)
    return (
        f"""CREATE TABLE IF NOT EXISTS {COUNTS} (span INTEGER NOT NULL, at BIGINT NOT NULL, {texts}, node TEXT NOT NULL, {sums},
        PRIMARY KEY (span, at, {_SERIES}, node))""",
        f"CREATE INDEX IF NOT EXISTS {COUNTS}_application ON {COUNTS} (application, at)",
        f"CREATE INDEX IF NOT EXISTS {COUNTS}_key ON {COUNTS} (key, at)",
        f"""CREATE TABLE IF NOT EXISTS {CALLS} (id {serial}, at DOUBLE PRECISION NOT NULL, request_id TEXT NOT NULL,
        application TEXT NOT NULL, key TEXT NOT NULL, verb TEXT NOT NULL, path TEXT NOT NULL, status INTEGER NOT NULL,
        outcome TEXT NOT NULL, dialect TEXT NOT NULL, target TEXT NOT NULL, version TEXT NOT NULL,
        size_bytes BIGINT NOT NULL, time_us BIGINT NOT NULL)""",
        f"CREATE INDEX IF NOT EXISTS {CALLS}_caller ON {CALLS} (application, key, id)",
        f"CREATE INDEX IF NOT EXISTS {CALLS}_key ON {CALLS} (key, id)",
        f"CREATE INDEX IF NOT EXISTS {CALLS}_request ON {CALLS} (request_id)",
        f"CREATE INDEX IF NOT EXISTS {CALLS}_at ON {CALLS} (at)",
        f"CREATE TABLE IF NOT EXISTS {WRITTEN} (node TEXT PRIMARY KEY, batch BIGINT NOT NULL, at BIGINT NOT NULL)",
    )


def _places(count: int) -> str:
    return ", ".join(["?"] * count)


ADD = f"INSERT INTO {COUNTS} ({_COLUMNS}) VALUES ({_places(3 + len(Series._fields) + len(SUMS))}) {_ON_CONFLICT}"  # noqa: S608  # constants
NOTE_CALL = f"INSERT INTO {CALLS} ({', '.join(Call._fields)}) VALUES ({_places(len(Call._fields))})"  # noqa: S608  # constants
NOTE_BATCH = (
    f"INSERT INTO {WRITTEN} (node, batch, at) VALUES (?, ?, ?) "  # noqa: S608  # constants
    "ON CONFLICT (node) DO UPDATE SET batch = excluded.batch, at = excluded.at"
)
LAST_BATCH = f"SELECT batch FROM {WRITTEN} WHERE node = ?"  # noqa: S608  # constants
TRIM_CALLS = (
    f"DELETE FROM {CALLS} WHERE application = ? AND key = ? AND id <= coalesce((SELECT id FROM {CALLS} "  # noqa: S608  # constants
    "WHERE application = ? AND key = ? ORDER BY id DESC LIMIT 1 OFFSET ?), -1)"
)
DROP_OLD_CALLS = f"DELETE FROM {CALLS} WHERE at < ?"  # noqa: S608  # constants
DROP_MANY_CALLS = (
    f"DELETE FROM {CALLS} WHERE id <= coalesce((SELECT id FROM {CALLS} ORDER BY id DESC LIMIT 1 OFFSET ?), -1)"  # noqa: S608  # constants
)
DROP_OLD_BATCHES = f"DELETE FROM {WRITTEN} WHERE at < ?"  # noqa: S608  # constants
OLDEST = f"SELECT min(at) FROM {COUNTS} WHERE span = ?"  # noqa: S608  # constants
ROLL = (
    f"INSERT INTO {COUNTS} ({_COLUMNS}) SELECT ?, at - at % ?, {_SERIES}, '', "  # noqa: S608  # constants
    f"{', '.join(f'sum({name})' for name in SUMS)} FROM {COUNTS} WHERE span = ? AND at >= ? AND at < ? "
    f"GROUP BY 2, {_SERIES} {_ON_CONFLICT}"
)
DROP = f"DELETE FROM {COUNTS} WHERE span = ? AND at >= ? AND at < ?"  # noqa: S608  # constants
