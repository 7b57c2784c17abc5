"""From data to a catalog and back: what is found, made, written as Python, imported again and read."""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import Any

from dragoman import Catalog
from dragoman.assembly import source_kinds
from dragoman.catalog.introspect import catalog_of
from dragoman.catalog.module import load_module
from dragoman.catalog.rendering import source_text
from dragoman.catalog.values import Validator
from dragoman.settings import Live
from dragoman.sources.detect import find, name_of

RESERVED = frozenset({"access_token", "id", "ids", "lang", "page", "page_size", "search", "sort", "v", "fields", "q"})
_numbers = itertools.count()


def found_in(path: Path | str) -> tuple[Catalog, list[str]]:
    """The catalog of what a path holds, loaded, and the choices told."""
    catalog, choices = catalog_of(name_of(str(path)), find(str(path)), RESERVED)
    return catalog.load(), choices


def written(catalog: Catalog, folder: Path) -> Catalog:
    """The catalog that its own Python text declares, from a file in a folder."""
    file = folder / f"catalog_{next(_numbers)}.py"
    file.write_text(source_text(catalog, folder), encoding="utf-8")
    return load_module(file)[0]


def told(catalog: Catalog) -> Any:
    """Everything that a client could notice of a catalog's declarations."""
    return catalog.name, catalog.title, catalog.languages, [
        (path, resource.record.__name__, resource.description,
         [(f.name, f.shape, f.required, f.key, f.filter, f.sort, f.search) for f in resource.fields])
        for path, resource in catalog.resources.items()
    ]


def records(catalog: Catalog) -> dict[str, list[dict[str, Any]]]:
    """Every record of every resource, validated."""
    return {path: list(map(Validator(resource.record),
                           source_kinds(Live())[type(resource.origin)].open(catalog, resource, "default").scan()))
            for path, resource in catalog.resources.items()}
