"""The catalog: everything that one publisher publishes, declared in Python and immutable once loaded."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, TypeVar

from ..errors import DeclarationError
from . import method as methods
from . import resource as resources
from .fields import Field, place_of
from .markers import Refers
from .method import Method
from .origin import Origin, Table
from .record import Record
from .resource import Resource
from .shapes import nested_records

R = TypeVar("R", bound=type[Record])
F = TypeVar("F", bound=Callable[..., Any])

SLUG = re.compile(r"[a-z][a-z0-9-]*\Z")
LANGUAGE = re.compile(r"[a-z]{2,3}(?:-[a-z0-9]{2,8})*\Z", re.IGNORECASE)
CLUSTER_DEFAULT = "default"


class Catalog:
    """Join resources and methods under one name.

    `languages` are those of its texts, the first being the default (G9); `permissions` map each name to what it lets
    an application do, in words for account holders; `database` is one URL, or one for each cluster (L9).
    """

    def __init__(
        self, name: str, *, title: str = "", description: str = "", languages: Iterable[str] = ("en",),
        permissions: Mapping[str, str] | None = None, database: str | Mapping[str, str] | None = None,
        clusters: Iterable[str] = (),
    ) -> None:
        self.name, self.title, self.description = name, title or name, description
        self.languages = tuple(languages)
        self.permissions = dict(permissions or {})
        self.database = database
        self.clusters = tuple(clusters) or (tuple(database) if isinstance(database, Mapping) else (CLUSTER_DEFAULT,))
        self.resources: dict[str, Resource] = {}
        self.methods: dict[str, Method] = {}
        self.file: Path | None = None
        """Where it was declared; files and SQLite databases are found relative to it."""
        self._loaded = False
        self._check_head()

    def __repr__(self) -> str:
        return f"<Catalog {self.name}: {len(self.resources)} resources, {len(self.methods)} methods>"

    def _check_head(self) -> None:
        def wrong(reason: str, remedy: str) -> DeclarationError:
            return DeclarationError(f"catalog {self.name!r}", reason, remedy)

        if not isinstance(self.name, str) or not SLUG.match(self.name):
            raise wrong("the name stands in addresses.", "Use lower-case letters, digits and `-`.")
        if not self.languages or len(set(self.languages)) != len(self.languages):
            raise wrong("languages are missing or stand twice.", 'Write languages=("en", "ru"), the default first.')
        for language in self.languages:
            if not LANGUAGE.match(language):
                raise wrong(f"{language!r} is no language tag (BCP 47).", "Write `en` or `zh-tw`.")
        for cluster in self.clusters:
            if not SLUG.match(cluster):
                raise wrong(f"the cluster {cluster!r} stands in directories.", "Use letters, digits and `-`.")
        if isinstance(self.database, Mapping) and set(self.database) != set(self.clusters):
            raise wrong("databases and clusters are not the same.", "Name one database for each cluster.")

    def resource(
        self, path: str, origin: Origin, *, owner: str | None = None, live: bool = False, single: bool = False,
        expand_all: bool = True, permission: str | None = None,
    ) -> Callable[[R], R]:
        """Publish a record class at `group/name`; raise `DeclarationError` where that cannot work."""
        def publish(record: R) -> R:
            self._add(self.resources, resources.declare(
                self.name, path, origin, record, owner=owner, live=live, single=single,
                expand_all=expand_all, permission=permission,
            ))
            return record
        return publish

    def method(
        self, path: str, *, verb: str = "GET", permission: str | None = None, operation: bool = False,
        timeout_s: float = 30.0,
    ) -> Callable[[F], F]:
        """Publish a function at `group/name`; raise `DeclarationError` where that cannot work."""
        def publish(function: F) -> F:
            self._add(self.methods, methods.declare(
                self.name, path, function, verb=verb, permission=permission, operation=operation, timeout_s=timeout_s,
            ))
            return function
        return publish

    @property
    def targets(self) -> tuple[Resource | Method, ...]:
        """Everything published, resources before methods."""
        return (*self.resources.values(), *self.methods.values())

    def _add(self, shelf: dict[str, Any], declared: Resource | Method) -> None:
        if self._loaded:
            raise DeclarationError(declared.path, "the catalog is loaded already.",
                                   "Declare while the module is imported.", declared.place)
        taken = self.resources.get(declared.path) or self.methods.get(declared.path)
        if taken is not None:
            raise DeclarationError(declared.path, f"the path is taken at {taken.place}.", "Choose another path.",
                                   declared.place)
        shelf[declared.path] = declared

    def load(self, file: Path | None = None) -> Catalog:
        """Check what only the whole catalog can tell, and close it; raise `DeclarationError` with file and line."""
        self.file = file or self.file
        self._loaded = True
        if not self.resources and not self.methods:
            raise DeclarationError(f"catalog {self.name!r}", "it publishes nothing.",
                                   "Declare a resource with @catalog.resource(...).")
        for resource in self.resources.values():
            self._check_origin(resource)
            self._check_permission(resource.permission, resource.path, resource.place)
            for field in _all_fields(resource):
                self._check_field(resource, field)
        for method in self.methods.values():
            self._check_permission(method.permission, method.path, method.place)
        return self

    def _check_origin(self, resource: Resource) -> None:
        if isinstance(resource.origin, Table) and resource.origin.database is None and self.database is None:
            raise DeclarationError(resource.path, "no database is named.",
                                   'Give the catalog database="sqlite:///...", or the table its own.', resource.place)

    def _check_permission(self, permission: str | None, path: str, place: str) -> None:
        if permission is not None and permission not in self.permissions:
            raise DeclarationError(path, f"the permission {permission!r} is not declared.",
                                   f'Add it: permissions={{"{permission}": "what it allows"}}.', place)

    def _check_field(self, resource: Resource, field: Field) -> None:
        place = place_of(resource.record, field.name) or resource.place
        self._check_permission(field.needs, f"{resource.path}.{field.name}", place)
        if field.refers is not None and self.referred(field.refers) is None:
            raise DeclarationError(f"{resource.path}.{field.name}", f"it refers to {field.refers.record!r}, "
                                   "which is not published here.", "Publish that record class, or name its path.", place)

    def referred(self, refers: Refers) -> Resource | None:
        """The resource that a reference points at; None where there is none."""
        if isinstance(refers.record, str):
            path = refers.record if "/" in refers.record else f"{resources.GROUP_DEFAULT}/{refers.record}"
            return self.resources.get(path)
        return next((r for r in self.resources.values() if r.record is refers.record), None)


def _all_fields(resource: Resource) -> Iterable[Field]:
    """The fields of a resource, nested ones included."""
    yield from resource.fields
    for field in resource.fields:
        for record in nested_records(field.shape):
            yield from record.__dragoman_fields__
