"""Publishing without code: a catalog made from what a source found, each choice told in a sentence."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Annotated, Any

import msgspec

from ..errors import SettingsError
from .catalog import Catalog
from .likely import KEYS, KEYS_AS_TEXT, field_name, likely_keys, slug
from .markers import Filter, Key, Localized, Sort
from .origin import ROW_NUMBER, Column, File, Found, Table
from .record import Record, RecordMeta
from .shapes import KINDS
from .tags import texts_in

_TAKEN = ("Annotated", "Any", "Bool", "Catalog", "Date", "Datetime", "Decimal", "False", "File", "Filter", "Float", "Int",
          "Key", "Localized", "None", "Record", "Sort", "Str", "Table", "Time", "True", "UUID")
"""Names of classes that mean something else in a catalog."""


class Draft:
    """One record in the making: its fields, the columns they come from, and the choices that were made for it."""

    def __init__(self, found: Found, reserved: frozenset[str]) -> None:
        self.found, self._reserved = found, reserved
        self.choices: list[str] = []
        self.fields: dict[str, Any] = {}
        self.columns: dict[str, str] = {}
        self.key_columns: tuple[str, ...] = ()
        self.languages: list[str] = []
        self._renamed: list[tuple[str, str]] = []
        self._unasked: list[str] = []
        self._shown = [column for column in found.columns if column.type is not None]
        self._names = {column.name for column in self._shown if field_name(column.name) == column.name}
        self._texts = texts_in(self._shown)
        self._draft()

    @property
    def useful(self) -> bool:
        """Whether there is anything to show but a key that nobody wrote."""
        return len(self.fields) > (ROW_NUMBER in self.fields and ROW_NUMBER not in self.columns)

    def _say(self, choice: str) -> None:
        self.choices.append(f"{self.found.name}: {choice}")

    def _draft(self) -> None:
        for remark in self.found.remarks:
            self._say(remark)
        for column in self.found.columns:
            if column.type is None:
                self._say(f"`{column.name}` is left out, as it holds binary data.")
        key = self._add_key()
        done: set[str] = set()
        for column in self._shown:
            stem = self._stem(column)
            if stem is not None and stem not in done:
                self._add_text(stem, self._texts[stem])
                done.add(stem)
            elif stem is None and column is not key:
                self._add_plain(column)
        self._say_names()

    def _say_names(self) -> None:
        """Tell in a line each which columns are called otherwise, and which cannot be filtered by."""
        if self._renamed:
            pairs = ", ".join(f"`{column}` is called `{name}`" for column, name in self._renamed)
            self._say(f"the column {pairs}.")
        if len(self._unasked) == 1:
            self._say(f"`{self._unasked[0]}` is shown, but not filtered by, as that parameter has a meaning of its own.")
        elif self._unasked:
            self._say(f"{', '.join(f'`{name}`' for name in self._unasked)} are shown, but not filtered by, as these"
                      " parameters have meanings of their own.")

    def _stem(self, column: Column) -> str | None:
        """The text that a column is one language of."""
        return next((stem for stem, tags in self._texts.items() if any(column is each for each in tags.values())), None)

    # ------------------------------------------------------------------------------------ keys

    def _add_key(self) -> Column | None:
        """Add the key: the primary key, else the likeliest unique column, else the number of the row. The column it is."""
        by_name = {column.name: column for column in self.found.columns}
        primary = [by_name[name] for name in self.found.primary_key if name in by_name]
        if len(primary) > 1 and all(_joins(column) for column in primary):
            self._add_joined(primary)
            return None
        single = [column for column in primary if len(primary) == 1 and column.type is not bool and _joins(column)]
        key = next(iter((*single, *likely_keys(self._shown))), None)
        if key is None:
            self.fields[ROW_NUMBER] = Annotated[int, Key()]
            self._say(f"the key is the row's number, `{ROW_NUMBER}`, as no column looks like one"
                      " and has a value of its own in each row.")
            return None
        self._add_single(key)
        return key

    def _add_joined(self, columns: Sequence[Column]) -> None:
        name = "key"
        while name in self._names:
            name += "_"
        self.key_columns = tuple(column.name for column in columns)
        self.fields[name] = Annotated[str, Key()]
        self._say(f"the key `{name}` joins {', '.join(f'`{each}`' for each in self.key_columns)} by `:`.")

    def _add_single(self, column: Column) -> None:
        as_text = column.type not in KEYS
        name = self._add(column, Annotated[str if as_text else column.type, Key()])
        self._say(f"the key is `{name}`.")
        if as_text:
            self.key_columns = (column.name,)
        self._texts = {stem: tags for stem, tags in self._texts.items() if column not in tags.values()}

    # ------------------------------------------------------------------------------------ other fields

    def _add_text(self, stem: str, tags: dict[str, Column]) -> None:
        name = field_name(stem)
        if any(field_name(column.name) == name for column in self._shown):
            name = f"{name}_localized"
        name = self._free(name)
        if name != stem:
            self.columns[name] = stem
        annotation = Localized | None if all(column.nullable for column in tags.values()) else Localized
        self.fields[name] = self._asked(name, annotation)
        self.languages += [tag for tag in tags if tag not in self.languages]
        self._say(f"`{name}` is one text in {', '.join(tags)}, from {', '.join(f'`{c.name}`' for c in tags.values())}.")

    def _add_plain(self, column: Column) -> None:
        annotation = column.type
        if column.nullable and annotation is not Any:
            annotation = annotation | None
        name = self._add(column, annotation)
        if column.type in KINDS:
            self.fields[name] = self._asked(name, annotation)

    def _asked(self, name: str, annotation: Any) -> Any:
        """The annotation of a field that lists are sorted by, and filtered where its name is no parameter already."""
        if name not in self._reserved:
            return Annotated[annotation, Filter(), Sort()]
        self._unasked.append(name)
        return Annotated[annotation, Sort()]

    def _add(self, column: Column, annotation: Any) -> str:
        name = field_name(column.name)
        free = name if name == column.name and name not in self.fields else self._free(name)
        self.fields[free] = annotation
        if free != column.name:
            self.columns[free] = column.name
            self._renamed.append((column.name, free))
        return free

    def _free(self, name: str) -> str:
        """A name that no other field has, or will have because its column is called so."""
        free, number = name, 2
        while free in self.fields or free in self._names:
            free, number = f"{name}_{number}", number + 1
        return free

    def record(self, class_name: str) -> type[Record]:
        """The record class, made at run time as if it were written."""
        namespace = {"__annotations__": dict(self.fields), "__module__": __name__,
                     "__doc__": f"A record of {self.found.name}.", "__qualname__": class_name}
        made: type[Record] = RecordMeta(class_name, (Record,), namespace)  # type: ignore[assignment]  # it is one
        return made

    def origin(self, database: str | None) -> Table | File:
        """Where the records come from, with the columns that have other names; `database` is the catalog's."""
        origin = msgspec.structs.replace(self.found.origin, columns=self.columns, key=self.key_columns)
        assert isinstance(origin, (Table, File))  # noqa: S101  # nothing else is ever found
        same = isinstance(origin, Table) and origin.database == database
        return msgspec.structs.replace(origin, database=None) if same else origin


def _joins(column: Column) -> bool:
    """Whether a column may be a part of a key: in SQLite one may hold numbers and texts."""
    return not column.nullable and (column.type in (*KEYS, *KEYS_AS_TEXT, bool) or (column.promised and column.type is Any))


def catalog_of(name: str, found: Iterable[Found], reserved: frozenset[str]) -> tuple[Catalog, list[str]]:
    """A catalog of everything found, not loaded yet, and each choice that was made, as a sentence.

    `reserved` are the parameters that dialects keep for themselves. Raises `SettingsError` where nothing is left to
    publish, and `DeclarationError` for a name that no catalog can have.
    """
    drafts, choices = _useful([Draft(each, reserved) for each in found])
    if not drafts:
        raise SettingsError(" ".join(["Nothing to publish.", *choices]))
    languages = list(dict.fromkeys(tag for draft in drafts for tag in draft.languages)) or ["en"]
    languages.sort(key=lambda tag: tag != "en")
    databases = {getattr(draft.found.origin, "database", None) for draft in drafts}
    database = databases.pop() if len(databases) == 1 else None
    catalog = Catalog(name, title=name, languages=languages, database=database)
    paths: set[str] = set()
    classes: set[str] = set(_TAKEN)
    for draft in drafts:
        path = _unused(slug(draft.found.name, "-", "table"), paths)
        if path != draft.found.name:
            choices.append(f"{draft.found.name}: its address is `{path}`.")
        choices += draft.choices
        catalog.resource(path, draft.origin(database))(draft.record(_unused(_class_name(path), classes, "")))
    return catalog, choices


def _useful(drafts: list[Draft]) -> tuple[list[Draft], list[str]]:
    """The drafts with something to show, and why the others are left out."""
    useful = [draft for draft in drafts if draft.useful]
    return useful, [f"{draft.found.name}: left out, as {draft.found.note or 'no column of it can be shown'}."
                    for draft in drafts if not draft.useful]


def _unused(name: str, taken: set[str], joint: str = "-") -> str:
    """A name that is not taken, by a number at its end; taken from now on."""
    free, number = name, 2
    while free in taken:
        free, number = f"{name}{joint}{number}", number + 1
    taken.add(free)
    return free


def _class_name(path: str) -> str:
    """The record's class: `order-lines` as `OrderLines`."""
    return "".join(part.capitalize() for part in re.split(r"[-_]", path))
