"""A catalog as editable Python, which serves the same as the catalog that it was written from."""

from __future__ import annotations

import datetime
import decimal
import typing
import uuid
from collections.abc import Sequence
from typing import Annotated, Any

from .catalog import Catalog
from .fields import Field
from .markers import LocalizedText
from .origin import File, Origin, Table
from .resource import GROUP_DEFAULT, Resource

_MODULES = {datetime.date: "datetime", datetime.datetime: "datetime", datetime.time: "datetime",
            decimal.Decimal: "decimal", uuid.UUID: "uuid"}


def source_text(catalog: Catalog) -> str:
    """The module that declares a catalog; it needs nothing but `dragoman`."""
    classes = [_class_text(resource) for resource in catalog.resources.values()]
    body = "\n\n\n".join(classes) + "\n"
    head = [f'"""The catalog {catalog.name}."""', "", *_imports(catalog, body), "", "catalog = Catalog("]
    head += [f"    {_quoted(catalog.name)},", f"    title={_quoted(catalog.title)},",
             f"    languages={_tuple_text(catalog.languages)},", ")", "", "", ""]
    return "\n".join(head) + body


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n") + '"'


def _tuple_text(texts: Sequence[str]) -> str:
    inside = ", ".join(map(_quoted, texts))
    return f"({inside},)" if len(texts) == 1 else f"({inside})"


def _imports(catalog: Catalog, body: str) -> list[str]:
    used = {kind for resource in catalog.resources.values() for field in resource.fields
            for kind in _MODULES if kind in _parts(field.type)}
    lines = [f"from {module} import {', '.join(sorted(kind.__name__ for kind in used if _MODULES[kind] == module))}"
             for module in sorted({_MODULES[kind] for kind in used})]
    typed = [name for name in ("Annotated", "Any") if f"{name}" in body]
    lines += [f"from typing import {', '.join(typed)}"] if typed else []
    ours = [name for name in ("Catalog", "File", "Filter", "Key", "Localized", "Record", "Sort", "Table")
            if name == "Catalog" or f"{name}(" in body or f"({name})" in body or f"[{name}," in body
            or f": {name}\n" in body]
    return [*lines, "", f"from dragoman import {', '.join(ours)}"]


def _parts(annotation: Any) -> set[Any]:
    """Every type inside an annotation."""
    inside = [part for part in typing.get_args(annotation) if not isinstance(part, str)]
    found = {annotation} if isinstance(annotation, type) else set()
    return found.union(*(_parts(part) for part in inside)) if inside else found


def _class_text(resource: Resource) -> str:
    path = resource.name if resource.group == GROUP_DEFAULT else resource.path
    lines = [f"@catalog.resource({_quoted(path)}, {_origin_text(resource.origin)})",
             f"class {resource.record.__name__}(Record):",
             f'    """{resource.description}"""', ""]
    return "\n".join(lines + [f"    {field.name}: {_annotation_text(field)}" for field in resource.fields])


def _origin_text(origin: Origin) -> str:
    assert isinstance(origin, (Table, File))  # noqa: S101  # functions are never written out
    first = origin.name if isinstance(origin, Table) else origin.path
    parts = [_quoted(first)]
    if isinstance(origin, Table) and origin.database:
        parts.append(f"database={_quoted(origin.database)}")
    if origin.columns:
        pairs = ", ".join(f"{_quoted(field)}: {_quoted(column)}" for field, column in origin.columns.items())
        parts.append(f"columns={{{pairs}}}")
    if origin.key:
        parts.append(f"key={_tuple_text(origin.key)}")
    return f"{type(origin).__name__}({', '.join(parts)})"


def _annotation_text(field: Field) -> str:
    annotation = field.type
    metadata = typing.get_args(annotation)[1:] if typing.get_origin(annotation) is Annotated else ()
    marks = [f"{type(mark).__name__}()" for mark in metadata if not isinstance(mark, LocalizedText)]
    plain = "Localized" if field.localized else _type_text(typing.get_args(annotation)[0] if metadata else annotation)
    return f"Annotated[{plain}, {', '.join(marks)}]" if marks else plain


def _type_text(annotation: Any) -> str:
    if annotation is Any:
        return "Any"
    if isinstance(annotation, type):
        return annotation.__name__
    return " | ".join("None" if part is type(None) else _type_text(part) for part in typing.get_args(annotation))
