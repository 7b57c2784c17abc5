"""What is untranslated: for each localized field and language how many texts there are, and how many have none of its own (G9)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import msgspec

from ..catalog.catalog import Catalog
from ..catalog.fitting import Misfits
from ..catalog.resource import Resource
from ..catalog.shapes import Keyed, Many, Nested, Nullable, Shape, Text
from ..catalog.values import Validator
from ..contracts import Source
from ..errors import PublicationError
from ..views.localize import by_tag, lineage

KEYS_MAX = 5
"""How many keys of records are named."""


class Untranslated(NamedTuple):
    """One field of one resource in one language."""

    resource: str
    field: str
    """Dotted; what stands in lists and objects is counted together: `crew.name`."""
    language: str
    missing: int
    texts: int
    keys: tuple[str, ...]
    """Of some of the records."""


def untranslated(catalog: Catalog, sources: Mapping[str, Source]) -> list[Untranslated]:
    """What clients of each language are shown in another one, read from the sources of what is published.

    A text that exists in a parent of its language (`zh` for `zh-tw`) is not missing, and one that exists in no language at all is none.
    Raises `PublicationError` for a row that does not fit, and `SourceUnavailable`.
    """
    found: list[Untranslated] = []
    for resource in catalog.resources.values():
        if resource.localized and not resource.live:
            found += _Counting(resource, catalog.languages).count(sources[resource.path])
    return found


class _Counting:
    def __init__(self, resource: Resource, languages: Sequence[str]) -> None:
        self._resource = resource
        self._chains = {language: lineage(language) for language in languages}
        self._texts: dict[str, int] = {}
        self._missing: dict[tuple[str, str], int] = {}
        self._keys: dict[tuple[str, str], list[str]] = {}

    def count(self, source: Source) -> Iterator[Untranslated]:
        validate, shape = Validator(self._resource.record), Nested(self._resource.record)
        for number, row in enumerate(source.scan(), 1):
            try:
                value = validate(row)
            except (Misfits, TypeError) as error:
                raise PublicationError(self._resource.path, f"row {number} does not fit: {error}.") from None
            key = str(value[self._resource.key.name])
            for field, texts in _texts_in(value, shape, ""):
                self._take(field, texts, key)
        for (field, language), missing in sorted(self._missing.items()):
            yield Untranslated(self._resource.path, field, language, missing, self._texts[field], tuple(self._keys[field, language]))

    def _take(self, field: str, texts: Mapping[str, str], key: str) -> None:
        known = by_tag(texts).keys()
        if not known:
            return
        self._texts[field] = self._texts.get(field, 0) + 1
        for language, chain in self._chains.items():
            if known.isdisjoint(chain):
                place = field, language
                self._missing[place] = self._missing.get(place, 0) + 1
                keys = self._keys.setdefault(place, [])
                if len(keys) < KEYS_MAX and key not in keys:
                    keys.append(key)


def _texts_in(value: Any, shape: Shape, path: str) -> Iterator[tuple[str, Mapping[str, str]]]:
    """Every localized text in a value, with its field."""
    if value is None:
        return
    match shape:
        case Text():
            yield path, value
        case Nullable(inner):
            yield from _texts_in(value, inner, path)
        case Many(inner):
            for each in value:
                yield from _texts_in(each, inner, path)
        case Keyed(inner):
            for each in value.values():
                yield from _texts_in(each, inner, path)
        case Nested():
            for field in shape.fields:
                yield from _texts_in(value[field.name], field.shape, f"{path}.{field.name}" if path else field.name)
        case _:
            return


def facts(catalog: str, cluster: str, found: Untranslated) -> dict[str, Any]:
    """For machines."""
    return {"catalog": catalog, "cluster": cluster, **msgspec.to_builtins(found._asdict())}
