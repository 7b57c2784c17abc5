"""Answers of the webmaster dialect read back from each format, as facts that can be compared."""

from __future__ import annotations

import csv
import io
import json
from decimal import Decimal
from typing import Any, NamedTuple

import httpx
from lxml import etree

NIL = "{http://www.w3.org/2001/XMLSchema-instance}nil"
CONTENT_TYPES = {"json": "application/json; charset=utf-8", "xml": "application/xml; charset=utf-8", "csv": "text/csv; charset=utf-8"}


class Told(NamedTuple):
    """One envelope (W6)."""

    status: int
    error: str
    request_id: int
    data: Any
    """In JSON as it is; in XML and CSV every value as the text of `plain`, in CSV as rows by column."""


def read(answer: httpx.Response, form: str) -> Told:
    """An answer in a format, whose envelope is exact whatever is in it."""
    assert answer.headers["content-type"] == CONTENT_TYPES[form]
    told = {"json": _read_json, "xml": _read_xml, "csv": _read_csv}[form](answer)
    assert told.status in (200, 204, 400, 403, 404, 500)
    assert (told.error == "") == (told.status in (200, 204))
    assert (told.request_id > 0) == (told.status == 204)
    if told.status != 200:
        assert told.data in ([], "")
        assert answer.headers["cache-control"] == "no-store"
        assert "etag" not in answer.headers
    return told


def plain(value: Any) -> Any:
    """A value of JSON with every single value as the text that other formats have; what is empty is empty text there."""
    if isinstance(value, dict):
        return {name: plain(each) for name, each in value.items()} or ""
    if isinstance(value, list):
        return [plain(each) for each in value] or ""
    if isinstance(value, bool):
        return str(value).lower()
    return value if value is None else str(value)


def flat(record: dict[str, Any], above: str = "") -> dict[str, str]:
    """A record of JSON as a row of CSV: nested records by dotted names, lists as their JSON."""
    row: dict[str, str] = {}
    for name, value in record.items():
        if isinstance(value, dict):
            row |= flat(value, f"{above}{name}.")
        elif isinstance(value, list):
            row[above + name] = json.dumps(value, separators=(",", ":"), ensure_ascii=False)
        else:
            row[above + name] = "" if value is None else plain(value)
    return row


def _read_json(answer: httpx.Response) -> Told:
    told = json.loads(answer.text, parse_float=Decimal)
    assert list(told) == ["status", "error", "request_id", "data"]
    return Told(*told.values())


def _read_xml(answer: httpx.Response) -> Told:
    root = etree.fromstring(answer.content)
    assert root.tag.endswith("ResponseData")
    assert [child.tag for child in root] == ["status", "error", "request_id", "data"]
    status, error, request_id, data = root
    return Told(int(status.text), error.text or "", int(request_id.text), _value(data))


def _value(element: Any) -> Any:
    if element.get(NIL) == "true":
        return None
    if not len(element):
        return element.text or ""
    if all(child.tag == "item" for child in element):
        if element[0].get("key") is not None:
            return {child.get("key"): _value(child) for child in element}
        return [_value(child) for child in element]
    return {child.tag: _value(child) for child in element}


def _read_csv(answer: httpx.Response) -> Told:
    assert "\n" not in answer.text.replace("\r\n", "")
    names, values, *rows = csv.reader(io.StringIO(answer.text, newline=""))
    head = dict(zip(names, values, strict=True))
    data = [dict(zip(rows[0], row, strict=True)) for row in rows[1:]]
    return Told(int(head["status"]), head["error"], int(head["request_id"]), data)
