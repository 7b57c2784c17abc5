"""A catalog that is edited at random, and written as text."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field
from pathlib import Path

from dragoman import Catalog
from dragoman.catalog.module import load_module

HEAD = """\
from datetime import date
from typing import Annotated, Literal
from msgspec import Meta
from dragoman import (Added, Caller, Catalog, Extra, Filter, Key, Localized, MethodError, Named, Needs, Record, Renamed, Rows,
                      Search, Sort)

class Taken(MethodError):
    '''It is taken.'''
    status = 409

class Late(MethodError):
    '''It is too late.'''

"""
TAIL = """
catalog.change("2022-01-01", Tank, "`built` is new.", Added("built"))
catalog.change("2023-01-01", Tank, "`title` is called `name`.", Renamed("name", before="title"))
"""
_NUMBER = itertools.count()


@dataclass
class Line:
    """One field or parameter."""

    type: str
    marks: list[str] = field(default_factory=list)
    default: str = ""

    def __str__(self) -> str:
        return f"Annotated[{self.type}, {', '.join(self.marks)}]" if self.marks else self.type


@dataclass
class Model:
    """What is declared, to be edited."""

    languages: list[str]
    formats: list[str]
    permissions: list[str]
    records: dict[str, dict[str, Line]]
    resources: dict[str, tuple[str, dict[str, str]]]
    """Path, and by it class and options."""
    methods: dict[str, tuple[dict[str, Line], str, dict[str, str]]]
    """Path, and by it parameters, the result and options."""

    def source(self) -> str:
        """As Python."""
        head = (f'catalog = Catalog("war", languages={tuple(self.languages)!r}, formats={tuple(self.formats)!r}, '
                f"permissions={ {each: each for each in self.permissions}!r})\n")
        owned = {record: path for path, (record, _) in self.resources.items()}
        body = [self._record(name, lines, owned.get(name)) for name, lines in self.records.items()]
        body += [self._method(path) for path in self.methods]
        return HEAD + head + "\n\n".join(body) + "\n" + TAIL

    def _record(self, name: str, lines: dict[str, Line], path: str | None) -> str:
        options = "".join(f", {name}={value}" for name, value in self.resources[path][1].items()) if path else ""
        decorator = f'@catalog.resource("{path}", Rows(lambda: []){options})\n' if path else ""
        fields = [f"    {each}: {line}" + (f" = {line.default}" if line.default and name in ("Point", "Path") else "")
                  for each, line in lines.items()]
        return f"{decorator}class {name}(Record):\n    '''A thing.'''\n" + "\n".join(fields)

    def _method(self, path: str) -> str:
        parameters, result, options = self.methods[path]
        listed = ", ".join(f"{name}: {line}" + (f" = {line.default}" if line.default else "") for name, line in parameters.items())
        told = "".join(f", {name}={value}" for name, value in options.items())
        return (f'@catalog.method("{path}"{told})\ndef {path.replace("/", "_")}({listed}) -> {result}:\n'
                f"    '''Do it.'''\n    raise Taken")


def model() -> Model:
    """The one that everything starts from."""
    return Model(
        languages=["en", "de", "fr"], formats=["xml", "csv"], permissions=["account", "spare"],
        records={
            "Gun": {"calibre": Line("int"), "label": Line("str"), "shells": Line("list[int]"), "grade": Line('Literal["a", "b"]')},
            "Tank": {
                "tank_id": Line("int", ["Key()"]), "name": Line("Localized", ["Search(at_least=2)"]),
                "nation": Line("str", ["Filter(first=True)"]), "tier": Line("int", ["Filter()", "Sort()"]),
                "kind": Line('Literal["light", "heavy"]', ["Filter()"]), "speed": Line("float"),
                "weight": Line("int", ["Sort()"]), "motto": Line("str | None"), "crew": Line("list[str]", ["Extra()"]), "gun": Line("Gun"),
                "guns": Line("list[Gun]"), "built": Line("date"), "length": Line("int"), "notes": Line("str"), "retired": Line("bool"),
            },
            "Point": {"x": Line("int"), "y": Line("int"), "floor": Line("int", default="0")},
        },
        resources={"war/tanks": ("Tank", {})},
        methods={
            "war/go": ({"start": Line("Point"), "unit": Line('Literal["inch", "foot"]'), "steps": Line("int", ["Meta(ge=1)"]),
                        "label": Line("str"), "limit": Line("int", default="20"), "mode": Line("str", default='"slow"'),
                        "seen": Line("date | None", default="None")},
                       "list[Gun]", {"verb": '"POST"', "raises": "[Taken]"}),
            "war/look": ({"name": Line("str", default='""'), "far": Line("int", default="1")}, "str", {}),
        },
    )


def loaded(folder: Path, text: str) -> Catalog:
    """The catalog that a text declares."""
    file = folder / f"mutant_{next(_NUMBER)}.py"
    file.write_text(text)
    (catalog,) = load_module(file)
    return catalog
