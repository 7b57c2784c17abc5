"""The records of JSON files, exactly as they are written: numbers, texts and nesting are left alone."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec

from ..errors import PublicationError
from .duck import READERS, Duck, kind_of, text_of

_KEYED_MAX_BYTES = 256 << 20
_INTEGER = re.compile(r"(?:0|-?[1-9][0-9]{0,17})\Z")
_REMEDY = "Write an array of objects, an object of objects by key, or one object a line (.ndjson)."


def records_of(duck: Duck, path: Path, name: str) -> Iterator[dict[str, Any]]:
    """The records of a JSON file: an array, one a line, or an object that has them by key or has only their array."""
    kind = str(kind_of(path))
    if kind == ".json" and is_keyed(path):
        return read_keyed(path, name)
    return read_objects(duck, READERS[kind], name)


def read_objects(duck: Duck, reader: str, name: str) -> Iterator[dict[str, Any]]:
    """The objects of an array, or one a line."""
    _, rows = duck.stream(f"SELECT json FROM {reader}")  # noqa: S608  # a constant of `READERS`
    for number, (text,) in enumerate(rows, start=1):
        yield _decoded(text, number, name)


def _decoded(text: str | bytes | msgspec.Raw, number: int, name: str) -> dict[str, Any]:
    try:
        found = msgspec.json.decode(text or b"null")
    except (msgspec.DecodeError, UnicodeEncodeError, RecursionError) as error:
        raise PublicationError(name, f"its JSON cannot be read: {error}.", key=f"in row {number}") from None
    if not isinstance(found, dict):
        raise PublicationError(name, "it is no object.", key=f"in row {number}", found=repr(found)[:60],
                               expected="an object", hint=_REMEDY)
    return found


def is_keyed(path: Path) -> bool:
    """Whether a JSON file is one object instead of an array or several objects."""
    with text_of(path) as file:
        if file.read(64).lstrip(b"\xef\xbb\xbf \t\r\n")[:1] != b"{":
            return False
        file.seek(0)
        whole = file.read(_KEYED_MAX_BYTES + 1)
    return len(whole) <= _KEYED_MAX_BYTES and _members(whole) is not None


def _members(whole: bytes) -> dict[str, msgspec.Raw] | None:
    try:
        return msgspec.json.decode(whole.removeprefix(b"\xef\xbb\xbf"), type=dict[str, msgspec.Raw])
    except (msgspec.DecodeError, RecursionError):
        return None


def read_keyed(path: Path, name: str) -> Iterator[dict[str, Any]]:
    """The values of an object; the name of each is its `id`, or its `key` where the values have another `id`.
    Where the object's only value is an array, the records are in that."""
    with text_of(path) as file:
        whole = file.read()
    members = _members(whole)
    only = next(iter(members.values())) if members is not None and len(members) == 1 else None
    if only is not None and bytes(only)[:1] == b"[":
        _check_once(whole, name)
        return read_listed(only, name)
    return _read_members(members, whole, name)


def read_listed(listed: msgspec.Raw, name: str) -> Iterator[dict[str, Any]]:
    """The records of the one array in an object: `{"countries": [{…}, {…}]}`."""
    for number, record in enumerate(msgspec.json.decode(listed, type=list[msgspec.Raw]), start=1):
        yield _decoded(record, number, name)


def _read_members(members: dict[str, msgspec.Raw] | None, whole: bytes, name: str) -> Iterator[dict[str, Any]]:
    if members is None or not all(bytes(member)[:1] == b"{" for member in members.values()):
        raise PublicationError(name, "its top level is one object, and what it holds are no records.", hint=_REMEDY)
    _check_once(whole, name)
    integers = all(_INTEGER.match(key) for key in members)
    field = _key_field(members, name)
    for number, (key, member) in enumerate(members.items(), start=1):
        record = _decoded(member, number, name)
        yield record if field is None else {field: int(key) if integers else key, **record}


def _check_once(whole: bytes, name: str) -> None:
    """Refuse a key that stands twice, of which every reader keeps one in silence."""
    def look(pairs: list[tuple[str, Any]]) -> None:
        seen: set[str] = set()
        for key, _ in pairs:
            if key in seen:
                raise PublicationError(name, f"the name {key!r} stands twice in one object.", hint="Keep one of them.")
            seen.add(key)

    json.loads(whole.decode("utf-8-sig"), object_pairs_hook=look)


def _key_field(members: dict[str, msgspec.Raw], name: str) -> str | None:
    """Under which name a record tells its key; None where each tells it already."""
    told = [(key, _decoded(member, number, name)) for number, (key, member) in enumerate(members.items(), start=1)]
    if all("id" not in record for _, record in told):
        return "id"
    return None if all(str(record.get("id")) == key for key, record in told) else "key"
