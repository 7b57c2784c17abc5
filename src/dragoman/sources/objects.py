"""The records of JSON files, exactly as they are written: numbers, texts and nesting are left alone."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec

from ..catalog.plain import show
from ..errors import PublicationError
from .duck import READERS, Duck, kind_of, text_of

_WHOLE_MAX_BYTES = 256 << 20
_ENVELOPE_MAX = 20
"""A larger object holds records by key, and one that is an array is a fault."""
_MARK = b"\xef\xbb\xbf"
_INTEGER = re.compile(r"(?:0|-?[1-9][0-9]{0,17})\Z")
_REMEDY = "Write an array of objects, an object of objects by key or with one such array, or one object a line (.ndjson)."


def records_of(duck: Duck, path: Path, name: str) -> Iterator[dict[str, Any]]:
    """The records of a JSON file: an array, one a line, or an object that has them by key or in its one array."""
    kind = str(kind_of(path))
    if kind == ".json" and is_whole(path):
        return read_whole(path, name)
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
        raise PublicationError(name, "it is no object.", key=f"in row {number}", found=show(found),
                               expected="an object", hint=_REMEDY)
    return found


def is_whole(path: Path) -> bool:
    """Whether a JSON file is read as a whole: one object, or an array behind a mark of the byte order."""
    with text_of(path) as file:
        head = file.read(64)
        start = head.removeprefix(_MARK).lstrip()[:1]
        if start != b"{" and not (start == b"[" and head.startswith(_MARK)):
            return False
        file.seek(0)
        whole = file.read(_WHOLE_MAX_BYTES + 1)
    return len(whole) <= _WHOLE_MAX_BYTES and (start == b"[" or _members(whole) is not None)


def _members(whole: bytes) -> dict[str, msgspec.Raw] | None:
    try:
        return msgspec.json.decode(whole.removeprefix(_MARK), type=dict[str, msgspec.Raw])
    except (msgspec.DecodeError, RecursionError):
        return None


def read_whole(path: Path, name: str) -> Iterator[dict[str, Any]]:
    """The records of an array; of an object's one array; or the values of an object, where the name of each is its
    `id`, or its `key` where the values have another `id`."""
    with text_of(path) as file:
        whole = file.read().removeprefix(_MARK)
    if whole.lstrip()[:1] == b"[":
        return read_listed(whole, name)
    members = _members(whole)
    listed = _listed(members or {})
    if members is not None and listed is not None:
        _check_once(whole, name)
        return read_listed(members[listed], name)
    return _read_members(members, whole, name)


def _listed(members: dict[str, msgspec.Raw]) -> str | None:
    """The one array in an object, where it is all that there is or holds objects: `{"total": 2, "items": [{…}, {…}]}`."""
    arrays = [key for key, member in members.items() if bytes(member)[:1] == b"["]
    if len(arrays) != 1 or len(members) > _ENVELOPE_MAX:
        return None
    objects = bytes(members[arrays[0]])[1:].lstrip()[:1] == b"{"
    return arrays[0] if objects or len(members) == 1 else None


def envelope_of(path: Path) -> tuple[str, Sequence[str]] | None:
    """Under which name an object has its records, and what else it has; None where it is no such object."""
    if kind_of(path) != ".json" or not is_whole(path):
        return None
    with text_of(path) as file:
        members = _members(file.read()) or {}
    listed = _listed(members)
    return None if listed is None else (listed, [key for key in members if key != listed])


def read_listed(listed: bytes | msgspec.Raw, name: str) -> Iterator[dict[str, Any]]:
    """The records of an array that is in memory."""
    try:
        found = msgspec.json.decode(listed, type=list[msgspec.Raw])
    except (msgspec.DecodeError, RecursionError) as error:
        raise PublicationError(name, f"the file cannot be read: {error}.", hint=_REMEDY) from None
    for number, record in enumerate(found, start=1):
        yield _decoded(record, number, name)


def _read_members(members: dict[str, msgspec.Raw] | None, whole: bytes, name: str) -> Iterator[dict[str, Any]]:
    if members is None or not all(bytes(member)[:1] == b"{" for member in members.values()):
        raise PublicationError(name, "its top level is one object, and what it holds are no records.", hint=_REMEDY)
    _check_once(whole, name)
    integers = all(_INTEGER.match(key) for key in members)
    field = _key_field(members)
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


class _Told(msgspec.Struct):
    """What a record tells of its key; the rest of it is not even decoded."""

    id: Any = msgspec.UNSET


def _key_field(members: Mapping[str, msgspec.Raw]) -> str | None:
    """Under which name a record tells its key; None where each tells it already."""
    told = [(key, _id_of(member)) for key, member in members.items()]
    if all(id is msgspec.UNSET for _, id in told):
        return "id"
    return None if all(str(id) == key for key, id in told) else "key"


def _id_of(member: msgspec.Raw) -> Any:
    try:
        return msgspec.json.decode(member, type=_Told).id
    except (msgspec.DecodeError, UnicodeEncodeError, RecursionError):       # told with its row when the record is read
        return msgspec.UNSET
