"""A catalog as editable Python, which serves the same as the catalog that it was written from."""

from __future__ import annotations

import re
import typing
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Annotated, Any

from .catalog import Catalog
from .fields import Field
from .markers import LocalizedText
from .origin import File, Origin, Table
from .resource import Resource
from .shapes import is_union
from .target import GROUP_DEFAULT

_WIDTH = 120
_PASSWORD = re.compile(r"://[^/@]*:[^/@${}]+@")
Text = str | list["Text"]
"""A piece of Python on one line, or `[opening, *arguments, closing]`, broken where it does not fit."""


def source_text(catalog: Catalog, folder: Path | None = None) -> str:
    """The module that declares a catalog; it needs nothing but `dragoman`.

    Paths below `folder`, where the module will stand, are written relative to it (the working directory by default).
    """
    module = _Module(catalog, (folder or Path.cwd()).resolve())
    body = "\n\n\n".join(module.record(resource) for resource in catalog.resources.values())
    head = "\n".join(_laid_out(module.catalog()))
    return f'"""The catalog {catalog.name}."""\n\n{module.imports()}\n\n{head}\n\n\n{body}\n'


class _Module:
    """Writes one module, and remembers what it has to import."""

    def __init__(self, catalog: Catalog, folder: Path) -> None:
        self._catalog, self._folder = catalog, folder
        self._used: dict[str, set[str]] = {"dragoman": {"Catalog", "Record"}}
        self._names = {field.name for resource in catalog.resources.values() for field in resource.fields}

    def imports(self) -> str:
        """The lines that import what was used."""
        lines = [_laid_out([f"from {module} import ", *sorted(names, key=_import_order), ""])
                 for module, names in sorted(self._used.items())]
        ours = lines.pop([*sorted(self._used)].index("dragoman"))
        return "\n".join([*(line for each in lines for line in each), *([""] if lines else []), *ours])

    def _use(self, name: str, module: str = "dragoman") -> str:
        """A name to write; a type whose name some field has is imported under another, as the field would hide it."""
        other = name[:1].upper() + name[1:]
        written = other if name in self._names else name
        if module != "builtins" or written != name:
            self._used.setdefault(module, set()).add(name if written == name else f"{name} as {written}")
        return written

    def catalog(self) -> Text:
        """The declaration of the catalog."""
        catalog = self._catalog
        parts: list[Text] = [_quoted(catalog.name), f"title={_quoted(catalog.title)}",
                             ["languages=(", *map(_quoted, catalog.languages), ")"]]
        if isinstance(catalog.database, str):
            parts.append(f"database={self._database(catalog.database)}")
        return ["catalog = Catalog(", *parts, ")"]

    def _database(self, url: str) -> str:
        path = Path(url.removeprefix("sqlite:///"))
        known = url.startswith("sqlite:///") and path.is_relative_to(self._folder)
        text = _quoted(f"sqlite:///{path.relative_to(self._folder)}" if known else url)
        return f"{text}  # keep the password in a variable: ${{NAME}}" if _PASSWORD.search(url) else text

    def record(self, resource: Resource) -> str:
        """The declaration of one resource."""
        path = resource.name if resource.group == GROUP_DEFAULT else resource.path
        lines = _laid_out(["@catalog.resource(", _quoted(path), self._origin(resource.origin), ")"])
        lines += [f"class {resource.record.__name__}(Record):", f'    """{_escaped(resource.description)}"""', ""]
        for field in resource.fields:
            lines += ["    " + line for line in _laid_out(self._annotation(field), _WIDTH - 4)]
        return "\n".join(lines)

    def _origin(self, origin: Origin) -> Text:
        assert isinstance(origin, (Table, File))  # noqa: S101  # functions are never written out
        kind = self._use(type(origin).__name__)
        parts: list[Text] = [_quoted(origin.name if isinstance(origin, Table) else self._path(origin.path))]
        if isinstance(origin, Table):
            parts += [f"schema={_quoted(origin.schema)}"] if origin.schema else []
            parts += [f"database={self._database(origin.database)}"] if origin.database else []
        if origin.columns:
            pairs = [f"{_quoted(field)}: {_quoted(column)}" for field, column in origin.columns.items()]
            parts.append(["columns={", *pairs, "}"])
        if origin.key:
            parts.append(["key=(", *map(_quoted, origin.key), ")"])
        return [f"{kind}(", *parts, ")"]

    def _path(self, path: str) -> str:
        relative = Path(path).is_relative_to(self._folder)
        return str(Path(path).relative_to(self._folder)) if relative else path

    def _annotation(self, field: Field) -> Text:
        annotation, marks = field.type, []
        if typing.get_origin(annotation) is Annotated:
            inner, *metadata = typing.get_args(annotation)
            marks = [f"{self._use(type(mark).__name__)}()" for mark in metadata if not isinstance(mark, LocalizedText)]
            annotation = inner if marks else annotation
        plain = self._type("Localized" if field.localized and not is_union(annotation) else annotation)
        if not marks:
            return f"{field.name}: {plain}"
        return [f"{field.name}: {self._use('Annotated', 'typing')}[", plain, *marks, "]"]

    def _type(self, annotation: Any) -> str:
        if annotation == "Localized" or typing.get_origin(annotation) is Annotated:
            return self._use("Localized")
        if annotation is Any:
            return self._use("Any", "typing")
        if is_union(annotation):
            return " | ".join("None" if part is type(None) else self._type(part) for part in typing.get_args(annotation))
        return self._use(annotation.__name__, annotation.__module__)


def _import_order(name: str) -> tuple[int, str]:
    """Constants, classes, then the rest, as import sorters like it."""
    first = name.partition(" ")[0]
    return (0 if first.isupper() and len(first) > 1 else 1 if first[:1].isupper() else 2, first.lower())


# -------------------------------------------------------------------------------------------- text


def _laid_out(text: Text, width: int = _WIDTH) -> list[str]:
    """The lines of a piece of Python: on one where it fits, else an argument a line, each with a comma."""
    line = _joined(text)
    if isinstance(text, str) or (len(line) <= width and "  # " not in line):
        return [line]
    opening, *parts, closing = text
    inside = [_laid_out(part, width - 5) for part in parts]
    head, tail = ("(", ")") if closing == "" else ("", str(closing))
    return [f"{opening}{head}", *(f"    {line}" for each in inside for line in _with_comma(each)), tail]


def _with_comma(lines: Sequence[str]) -> Iterator[str]:
    """The lines of one argument; its comma stands before a comment."""
    yield from lines[:-1]
    last, mark, comment = lines[-1].partition("  # ")
    yield f"{last},{mark}{comment}"


def _joined(text: Text) -> str:
    if isinstance(text, str):
        return text
    opening, *parts, closing = text
    inside = ", ".join(map(_joined, parts))
    single = len(parts) == 1 and str(opening).endswith("=(") and closing == ")"
    return f"{opening}{inside}{',' if single else ''}{closing}"


def _quoted(text: str) -> str:
    """A text between the quotes of which it has fewer."""
    quote = "'" if text.count('"') > text.count("'") else '"'
    return f"{quote}{_escaped(text, quote)}{quote}"


def _escaped(text: str, quote: str = '"') -> str:
    """A text between quotes, one or three on each side: whatever it holds, it stays a text."""
    return "".join(each if each.isprintable() and each not in f"{quote}\\" else _escape(each) for each in text)


def _escape(character: str) -> str:
    if character in "'\"\\":
        return "\\" + character
    code = ord(character)
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
