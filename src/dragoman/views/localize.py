"""From a validated value in all its languages to its public form in one; compiled once per record class (G9)."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any, NamedTuple

import msgspec

from ..catalog.fields import Field
from ..catalog.plain import encode_json
from ..catalog.shapes import Keyed, Many, Nested, Nullable, Shape, Text

Replace = Callable[[Mapping[str, str], str | None], Any]
"""What stands for a localized text; the second argument is for a text that has no language at all."""
Walk = Callable[[Any, Replace], Any]

_HOLE = b"\0"
_RAW_HOLE = msgspec.Raw(_HOLE)         # JSON escapes control characters, so no other NUL byte can stand in its text


class Localizer:
    """Shows validated values of one shape in a language, without the fields that need a permission.

    `languages` are the catalog's, the default first. A text is taken in the language asked for, else in its parents
    (`zh-tw`, `zh`), else in the catalog's default, else in any; an empty text counts as none. Only where there is no
    text at all it becomes "", or null where the field may be null.
    """

    def __init__(
        self, shape: Shape, languages: Sequence[str], permissions: Collection[str] = (), *, nulls: bool = False,
    ) -> None:
        """With `nulls`, a field that needs another permission is null instead of absent."""
        walk = _walk_of(shape, _Seen(frozenset(permissions), nulls))
        self.changes = walk is not None
        """Whether a shown value differs from the validated one at all."""
        self._walk = walk or _keep
        self._choose = {language: _chooser(language, languages) for language in languages}
        self._chains = tuple((language, fallbacks(language, languages)) for language in languages)

    def localize(self, value: Any, language: str) -> Any:
        """The value in one of the catalog's languages, still plain."""
        return self._walk(value, self._choose[language])

    def render(self, value: Mapping[str, Any]) -> list[bytes]:
        """The JSON of the value in every language, in their order.

        What the languages share is encoded once, with holes where their texts stand.
        """
        texts: list[tuple[Mapping[str, str], str | None]] = []

        def dig(text: Mapping[str, str], empty: str | None) -> Any:
            texts.append((text, empty))
            return _RAW_HOLE

        frame = encode_json(self._walk(value, dig))
        if not texts:
            return [frame] * len(self._chains)
        pieces: list[Any] = [None] * (2 * len(texts) + 1)
        pieces[0::2] = frame.split(_HOLE)
        return [_fill(pieces, texts, language, chain) for language, chain in self._chains]

    def choose(self, text: Mapping[str, str] | None, language: str) -> str | None:
        """The text of one field in a language; None for null and where there is no text at all."""
        return None if text is None else self._choose[language](text, None)

    def render_shared(self, value: Mapping[str, Any]) -> list[bytes]:
        """The JSON of a value of a record class in which nothing is localized; always one."""
        return [encode_json(self._walk(value, _no_text))]


def _fill(
    pieces: list[Any], texts: list[tuple[Mapping[str, str], str | None]], language: str, chain: tuple[str, ...],
) -> bytes:
    pieces[1::2] = [encode_json(text.get(language) or _fall_back(text, chain, empty)) for text, empty in texts]
    return b"".join(pieces)


def _no_text(_: Mapping[str, str], empty: str | None) -> str | None:
    return empty


def fallbacks(language: str, languages: Sequence[str]) -> tuple[str, ...]:
    """The languages in which a text is looked for, in lower case: the language, its parents, the default, the rest."""
    return tuple(dict.fromkeys([*lineage(language), *(other.lower() for other in languages)]))


def lineage(language: str) -> tuple[str, ...]:
    """A language and its parents, in lower case."""
    parts = language.lower().split("-")
    return tuple("-".join(parts[:length]) for length in range(len(parts), 0, -1))


def by_tag(texts: Mapping[str, str]) -> dict[str, str]:
    """The texts that say anything, without regard to case and to `_` for `-`, as sources write their tags."""
    return {tag.lower().replace("_", "-"): text for tag, text in texts.items() if text}


def _chooser(language: str, languages: Sequence[str]) -> Replace:
    chain = fallbacks(language, languages)

    def choose(texts: Mapping[str, str], empty: str | None) -> str | None:
        return texts.get(language) or _fall_back(texts, chain, empty)
    return choose


def _fall_back(texts: Mapping[str, str], chain: tuple[str, ...], empty: str | None) -> str | None:
    known = by_tag(texts)
    for tag in chain:
        if tag in known:
            return known[tag]
    return next(iter(known.values()), empty)


def _keep(value: Any, _: Replace) -> Any:
    return value


class _Seen(NamedTuple):
    """What a caller may see, and whether the rest is null instead of absent."""

    permissions: frozenset[str]
    nulls: bool


def _walk_of_record(fields: tuple[Field, ...], seen: _Seen) -> Walk | None:
    """What replaces the texts of a record and drops what is not to be seen; None where there is nothing to do."""
    hidden = frozenset(field.name for field in fields if field.needs and field.needs not in seen.permissions)
    walks = {field.name: _walk_of(field.shape, seen) for field in fields if field.name not in hidden}
    changed = tuple((name, walk) for name, walk in walks.items() if walk is not None)
    if not hidden and not changed:
        return None
    nulls = dict.fromkeys((field.name for field in fields), None) if hidden and seen.nulls else {}

    def walk_record(value: Any, replace: Replace) -> Any:
        # in the order of the declaration, whatever that of the value: texts must meet the holes they were dug from
        shown = {**nulls, **{name: value[name] for name in walks}}
        for name, walk in changed:
            shown[name] = walk(shown[name], replace)
        return shown
    return walk_record


def _walk_of(shape: Shape, seen: _Seen) -> Walk | None:
    match shape:
        case Text():
            return lambda value, replace: replace(value, "")
        case Nullable(Text()):
            return lambda value, replace: None if value is None else replace(value, None)
        case Nested():
            return _walk_of_record(shape.fields, seen)
        case Nullable(inner) | Many(inner) | Keyed(inner):
            walk = _walk_of(inner, seen)
            return walk and _walk_inside(shape, walk)
        case _:
            return None


def _walk_inside(shape: Shape, walk: Walk) -> Walk:
    match shape:
        case Many():
            return lambda value, replace: [walk(each, replace) for each in value]
        case Keyed():
            return lambda value, replace: {name: walk(each, replace) for name, each in value.items()}
        case _:
            return lambda value, replace: None if value is None else walk(value, replace)
