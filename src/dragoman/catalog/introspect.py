"""Publishing without code: a catalog made from what a source found, and the same catalog as editable Python."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Annotated, Any

from .catalog import LANGUAGE, Catalog
from .markers import Filter, Key, Localized, Sort
from .origin import ROW_NUMBER, Column, File, Found, Table
from .record import Record, RecordMeta
from .shapes import KINDS

_TAGGED = re.compile(r"(?P<stem>.+)_(?P<tag>[A-Za-z]{2}(?:[_-][A-Za-z]{2,4})?)\Z")
_KEY_TYPES = (int, str)
_LANGUAGES = frozenset({
    "aa", "af", "ak", "am", "ar", "as", "az", "be", "bg", "bm", "bn", "bo", "br", "bs", "ca", "cs", "cy", "da",
    "de", "dz", "ee", "el", "en", "eo", "es", "et", "eu", "fa", "ff", "fi", "fo", "fr", "fy", "ga", "gd", "gl",
    "gu", "gv", "ha", "he", "hi", "hr", "hu", "hy", "ia", "id", "ig", "is", "it", "ja", "jv", "ka", "ki", "kk",
    "kl", "km", "kn", "ko", "ks", "ku", "kw", "ky", "lb", "lg", "ln", "lo", "lt", "lu", "lv", "mg", "mi", "mk",
    "ml", "mn", "mr", "ms", "mt", "my", "nb", "nd", "ne", "nl", "nn", "no", "om", "or", "os", "pa", "pl", "ps",
    "pt", "qu", "rm", "rn", "ro", "ru", "rw", "sa", "sc", "sd", "se", "sg", "si", "sk", "sl", "sn", "so", "sq",
    "sr", "su", "sv", "sw", "ta", "te", "tg", "th", "ti", "tk", "to", "tr", "tt", "ug", "uk", "ur", "uz", "vi",
    "wo", "xh", "yi", "yo", "zh", "zu",
})


class Draft:
    """One record in the making: its fields, and the choices that were made for it."""

    def __init__(self, found: Found, reserved: frozenset[str]) -> None:
        self.found, self._reserved = found, reserved
        self.resource = slug(found.name, "-")
        self.choices: list[str] = []
        self.fields: dict[str, Any] = {}
        self.columns: dict[str, str] = {}
        self.key_columns: tuple[str, ...] = ()
        self.languages: list[str] = []
        self._draft()

    def _say(self, choice: str) -> None:
        self.choices.append(f"{self.found.name}: {choice}")

    def _draft(self) -> None:
        shown = [column for column in self.found.columns if column.type is not None]
        for column in self.found.columns:
            if column.type is None:
                self._say(f"`{column.name}` is left out, as it holds binary data.")
        key = self._choose_key(shown)
        texts = self._localized(shown)
        tagged = {column for tags in texts.values() for column in tags.values()}
        names = {stem.lower() for stem in texts}
        for column in shown:
            if column is key:
                self._add(column.name, Annotated[column.type, Key()], column)
            elif column not in tagged and column.name.lower() not in names:
                self._add_plain(column)
        for stem, tags in texts.items():
            self._add_text(stem, tags)

    def _choose_key(self, columns: Sequence[Column]) -> Column | None:
        by_name = {column.name: column for column in columns}
        primary = [by_name[name] for name in self.found.primary_key if name in by_name]
        if len(primary) > 1:
            self.key_columns = tuple(column.name for column in primary)
            name = self._free("key")
            self.fields[name] = Annotated[str, Key()]
            self._say(f"the key `{name}` joins {', '.join(self.key_columns)} by `:`.")
            return None
        first = (primary + [c for c in columns if c.name.lower() == "id" and c.unique]
                 + [c for c in columns if c.unique] + [c for c in columns if c.name.lower() == "id"])
        key = next((column for column in first if column.type in _KEY_TYPES and not column.nullable), None)
        if key is None and primary and primary[0].type in _KEY_TYPES:
            key = primary[0]
        if key is None:
            self.fields[ROW_NUMBER] = Annotated[int, Key()]
            self._say(f"the key is the row's number, `{ROW_NUMBER}`, as no column can be one.")
        else:
            self._say(f"the key is `{key.name}`.")
        return key

    def _localized(self, columns: Sequence[Column]) -> dict[str, dict[str, Column]]:
        """Texts in two or more languages, by stem and language."""
        texts: dict[str, dict[str, Column]] = {}
        for column in columns:
            match = _TAGGED.match(column.name)
            if match and column.type is str and match["tag"][:2].lower() in _LANGUAGES and LANGUAGE.match(
                    match["tag"].replace("_", "-")):
                texts.setdefault(match["stem"], {})[match["tag"].replace("_", "-").lower()] = column
        return {stem: tags for stem, tags in texts.items() if len(tags) > 1}

    def _add_text(self, stem: str, tags: dict[str, Column]) -> None:
        name = self._free(slug(stem))
        if name != stem:
            self.columns[name] = stem
        self.fields[name] = Annotated[Localized, Filter(), Sort()] if self._may_filter(name) else Localized
        self.languages += [tag for tag in tags if tag not in self.languages]
        self._say(f"`{name}` is one text in {', '.join(tags)}.")

    def _add_plain(self, column: Column) -> None:
        annotation = column.type
        if column.nullable and annotation is not Any:
            annotation = annotation | None
        comparable = column.type in KINDS
        name = slug(column.name)
        marked = comparable and self._may_filter(name)
        self._add(column.name, Annotated[annotation, Filter(), Sort()] if marked else annotation, column)

    def _may_filter(self, name: str) -> bool:
        if name in self._reserved:
            self._say(f"`{name}` cannot be filtered, as that parameter has a meaning of its own.")
            return False
        return True

    def _add(self, name: str, annotation: Any, column: Column) -> None:
        free = self._free(slug(name))
        self.fields[free] = annotation
        if free != column.name:
            self.columns[free] = column.name
            self._say(f"the column `{column.name}` is called `{free}`.")

    def _free(self, name: str) -> str:
        """A name that no other field has."""
        free, number = name, 2
        while free in self.fields:
            free, number = f"{name}_{number}", number + 1
        return free

    @property
    def class_name(self) -> str:
        """The record's class: `order-lines` as `OrderLines`."""
        return "".join(part.capitalize() for part in re.split(r"[-_]", self.resource)) or "Row"

    def record(self) -> type[Record]:
        """The record class, made at run time as if it were written."""
        namespace = {"__annotations__": dict(self.fields), "__module__": __name__,
                     "__doc__": f"A record of {self.found.name}.", "__qualname__": self.class_name}
        made: type[Record] = RecordMeta(self.class_name, (Record,), namespace)  # type: ignore[assignment]  # it is one
        return made

    def origin(self) -> Table | File:
        """Where the records come from, with the columns that have other names."""
        origin = self.found.origin
        if isinstance(origin, Table):
            return Table(origin.name, database=origin.database, columns=self.columns, key=self.key_columns)
        assert isinstance(origin, File)  # noqa: S101  # nothing else is ever found
        return File(origin.path, columns=self.columns, key=self.key_columns)


def slug(name: str, joint: str = "_") -> str:
    """A name as it stands on the wire: lower-case ASCII letters and digits, beginning with a letter."""
    text = re.sub(r"[^a-z0-9]+", joint, name.lower()).strip(joint)
    return text if text[:1].isalpha() else f"n{joint}{text}".strip(joint)


def catalog_of(name: str, found: Iterable[Found], reserved: frozenset[str]) -> tuple[Catalog, list[str]]:
    """A catalog of everything found, and each choice that was made, as a sentence. `reserved` are the parameters that
    dialects keep for themselves."""
    drafts = _with_free_names([Draft(each, reserved) for each in found if each.columns])
    languages = list(dict.fromkeys(tag for draft in drafts for tag in draft.languages)) or ["en"]
    languages.sort(key=lambda tag: tag != "en")
    catalog = Catalog(name, title=name, languages=languages)
    for draft in drafts:
        catalog.resource(draft.resource, draft.origin())(draft.record())
    return catalog, [choice for draft in drafts for choice in draft.choices]


def _with_free_names(drafts: list[Draft]) -> list[Draft]:
    seen: set[str] = set()
    for draft in drafts:
        base, number = draft.resource, 2
        while draft.resource in seen:
            draft.resource, number = f"{base}-{number}", number + 1
        if draft.resource != draft.found.name:
            draft.choices.insert(0, f"{draft.found.name}: its address is `{draft.resource}`.")
        seen.add(draft.resource)
    return drafts
