"""The catalog: everything that one publisher publishes, declared in Python and immutable once loaded."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any, TypeVar

from ..errors import DeclarationError, MethodError
from . import change as changes
from . import lives
from . import method as methods
from . import resource as resources
from .change import Change
from .fields import Field
from .lives import Deprecation
from .markers import Refers
from .method import Method, Verb
from .origin import Origin, Table
from .places import caller_place, place_of
from .plain import show
from .record import Record
from .resource import Resource
from .shapes import all_fields, describe, element, nested_records, scalar_kind
from .steps import Step
from .target import GROUP_DEFAULT, Display, Listed, displayed
from .timeline import Timeline

R = TypeVar("R", bound=type[Record])
F = TypeVar("F", bound=Callable[..., Any])

SLUG = re.compile(r"[a-z][a-z0-9-]*\Z")
API_NAME = re.compile(r"[a-z0-9][a-z0-9._-]*\Z")
PERMISSION = re.compile(r"[A-Za-z][A-Za-z0-9_.:-]*\Z")
LANGUAGE = re.compile(r"[a-z]{2,3}(?:-[a-z0-9]{2,8})*\Z", re.IGNORECASE)
CLUSTER_DEFAULT = "default"
FORMATS = ("xml", "csv")
"""What answers may be written in beside the JSON of their dialects."""


class Catalog:
    """Join resources and methods under one name.

    `languages` are those of its texts, the first being the default (G9); `permissions` map each name to what it lets
    an application do, in words for account holders; `database` is one URL, or one for each cluster (L9). `formats` are those
    that clients of any dialect may ask for by `Accept` instead of JSON: "xml", "csv".
    """

    def __init__(
        self, name: str, *, title: str = "", description: str = "", languages: Iterable[str] = ("en",),
        permissions: Mapping[str, str] | None = None, database: str | Mapping[str, str] | None = None,
        clusters: Iterable[str] = (), api_name: str = "", formats: Iterable[str] = (),
    ) -> None:
        self.place = caller_place()
        self._check_kinds(languages, permissions, database, clusters, formats)
        self.name, self.title, self.description = name, title or name, description
        self.api_name = api_name or name
        """How it is called in the addresses of dialects that have one for each catalog; it may carry a version (L9)."""
        self.languages = tuple(languages)
        self.permissions = dict(permissions or {})
        self.database = database
        self.clusters = tuple(clusters) or (tuple(database) if isinstance(database, Mapping) else (CLUSTER_DEFAULT,))
        self.formats = tuple(formats)
        """What clients may ask for by `Accept`, the first where they would have several alike."""
        self.resources: dict[str, Resource] = {}
        self.searches: dict[str, Resource] = {}
        """Ways to find records of resources, each at a path of its own."""
        self.changes: list[Change] = []
        """In the order of their declaration."""
        self.deprecations: list[Deprecation] = []
        self.methods: dict[str, Method] = {}
        self.file: Path | None = None
        """Where it was declared; files and SQLite databases are found relative to it."""
        self._loaded = False
        self._check_head()

    def __repr__(self) -> str:
        return f"<Catalog {self.name}: {len(self.resources)} resources, {len(self.methods)} methods>"

    def _wrong(self, reason: str, remedy: str) -> DeclarationError:
        return DeclarationError(f"catalog {getattr(self, 'name', '')!r}", reason, remedy, self.place)

    def _check_kinds(self, languages: Any, permissions: Any, database: Any, clusters: Any, formats: Any) -> None:
        """Refuse what would be read letter by letter, or not at all."""
        if isinstance(languages, str):
            raise self._wrong("languages is one text.", f'Write languages=("{languages}",).')
        if isinstance(clusters, str):
            raise self._wrong("clusters is one text.", f'Write clusters=("{clusters}",).')
        if isinstance(formats, str):
            raise self._wrong("formats is one text.", f'Write formats=("{formats}",).')
        if permissions is not None and not isinstance(permissions, Mapping):
            raise self._wrong("permissions are names with what they allow.",
                              'Write permissions={"account": "Your account"}.')
        if not (database is None or isinstance(database, str) or (isinstance(database, Mapping) and database)):
            raise self._wrong("database is no URL.", 'Write database="sqlite:///games.db", or one for each cluster.')

    def _check_head(self) -> None:
        wrong = self._wrong
        if not isinstance(self.name, str) or not SLUG.match(self.name):
            raise wrong("the name stands in addresses.", "Use lower-case letters, digits and `-`.")
        if not isinstance(self.api_name, str) or not API_NAME.match(self.api_name):
            raise wrong("the api_name stands in addresses.", 'Use lower-case letters, digits, `-`, `_` and `.`: "wot", "armory-2".')
        if not self.languages:
            raise wrong("it has no language.", 'Write languages=("en", "ru"), the default first.')
        for language in self.languages:
            if not isinstance(language, str) or not LANGUAGE.match(language):
                raise wrong(f"{language!r} is no language tag (BCP 47).", "Write `en` or `zh-tw`.")
        if len({language.lower() for language in self.languages}) != len(self.languages):
            raise wrong("a language stands twice.", "Name each once, the default first.")
        for permission in self.permissions:
            if not isinstance(permission, str) or not PERMISSION.match(permission):
                raise wrong(f"the permission {permission!r} stands in keys.", "Use letters, digits, `-`, `_`, `.` and `:`.")
        for cluster in self.clusters:
            if not isinstance(cluster, str) or not SLUG.match(cluster):
                raise wrong(f"the cluster {cluster!r} stands in directories.", "Use letters, digits and `-`.")
        if len(set(self.clusters)) != len(self.clusters):
            raise wrong("a cluster stands twice.", "Name each once.")
        if any(each not in FORMATS or self.formats.count(each) > 1 for each in self.formats):
            raise wrong(f"the formats {', '.join(map(str, self.formats))} are not some of {', '.join(FORMATS)}, each once.",
                        "JSON is there always; name what there is beside it.")
        if isinstance(self.database, Mapping) and set(self.database) != set(self.clusters):
            raise wrong("databases and clusters are not the same.", "Name one database for each cluster.")

    def resource(
        self, path: str, origin: Origin, *, owner: str | None = None, live: bool = False, single: bool = False,
        expand_all: bool = True, permission: str | None = None, dast: str = "", positions: Sequence[str] | None = None,
        listed: Listed = "array", since: str | None = None, until: str | None = None,
    ) -> Callable[[R], R]:
        """Publish a record class at `group/name`; raise `DeclarationError` where that cannot work.

        `dast` is what its endpoint is called in that dialect, if not `name`. In the webmaster dialect, `positions` are the
        parameters in its path, and `listed` is how records are shown: `array`, `paged`, `keyed`, or `one` of a single resource.
        `since` and `until` are the versions of the schema in which it came and went.
        """
        _check_path(path, '@catalog.resource("group/name", Table("name"))')

        def publish(record: R) -> R:
            self._add(self.resources, resources.declare(
                self.name, path, origin, record, owner=owner, live=live, single=single,
                expand_all=expand_all, permission=permission,
            ), Display(dast=dast, positions=positions, listed=listed, since=since, until=until))
            return record
        return publish

    def method(
        self, path: str, *, verb: Verb = "GET", permission: str | None = None, authenticated: bool = False,
        operation: bool = False, timeout_s: float | None = None, raises: Sequence[type[MethodError]] = (),
        allows: Callable[..., bool] | None = None, secret: bool = False, dast: str = "", positions: Sequence[str] | None = None,
        listed: Listed = "array", since: str | None = None, until: str | None = None,
    ) -> Callable[[F], F]:
        """Publish a function at `group/name`; raise `DeclarationError` where that cannot work.

        `permission` is what a key must allow; with `authenticated=True` any valid key will do. `allows` is a function that
        says who may do this to the object that the parameters name; `raises` are the errors that callers are told. With
        `secret=True` no result is kept for whoever repeats a call.
        `dast` is its `endpoint/action` in that dialect, if not its path; `positions`, `listed`, `since` and `until` are as in `resource`.
        """
        _check_path(path, '@catalog.method("group/name")')

        def publish(function: F) -> F:
            self._add(self.methods, methods.declare(
                self.name, path, function, verb=verb, permission=permission, authenticated=authenticated,
                operation=operation, timeout_s=timeout_s, raises=raises, allows=allows, secret=secret,
            ), Display(dast=dast, positions=positions, listed=listed, since=since, until=until))
            return function
        return publish

    def search(
        self, path: str, record: type[Record], *, by: str, fields: Iterable[str] = (), dast: str = "",
        positions: Sequence[str] | None = None, listed: Listed = "array", since: str | None = None, until: str | None = None,
    ) -> None:
        """Publish a search at `group/name` for the records of a class that is published already.

        It finds them by the field `by`, and shows `fields`, or all of them. Raises `DeclarationError` where that cannot
        work.
        """
        resource = self._published(record)
        if resource is None:
            raise DeclarationError(show(path), f"{show(record)} is not published here.",
                                   "Declare its resource first.", caller_place())
        only = (fields,) if isinstance(fields, str) else tuple(fields)
        self._add(self.searches, resources.declare_search(resource, path, by, only),
                  Display(dast=dast, positions=positions, listed=listed, since=since, until=until))

    def change(self, at: str, of: type[Record] | str, description: str, *steps: Step) -> None:
        """Say what changed from a version on, in a record class wherever it stands, or in the parameters of the method at a path.

        Old versions are derived from it (G10). Raises `DeclarationError` where it makes no sense by itself; whether it fits the schema
        is checked at load.
        """
        declared = changes.declare(at, of, description, steps, caller_place())
        if self._loaded:
            raise declared.wrong("the catalog is loaded already.", "Declare while the module is imported.")
        self.changes.append(declared)

    def deprecate(self, version: str, *, on: str, sunset: str | None = None, link: str = "") -> None:
        """Say that a version and all before it are deprecated from the day `on`, and gone since the day `sunset`, both in UTC; `link`
        is where people read about it, the changelog in the Room unless it says otherwise.

        Raises `DeclarationError` where that makes no sense by itself; whether there is such a version is checked at load.
        """
        declared = lives.declare(version, on, sunset, link, caller_place())
        if self._loaded:
            raise declared.wrong("the catalog is loaded already.", "Declare while the module is imported.")
        self.deprecations.append(declared)

    @cached_property
    def timeline(self) -> Timeline:
        """Its versions, once it is loaded."""
        return Timeline(self.changes, self.targets, self.deprecations)

    @property
    def targets(self) -> tuple[Resource | Method, ...]:
        """Everything published, resources before searches, and these before methods."""
        return (*self.resources.values(), *self.searches.values(), *self.methods.values())

    @property
    def has_operations(self) -> bool:
        """Whether any method takes long."""
        return any(method.operation for method in self.methods.values())

    def _add(self, shelf: dict[str, Any], declared: Resource | Method, display: Display) -> None:
        if self._loaded:
            raise DeclarationError(declared.path, "the catalog is loaded already.",
                                   "Declare while the module is imported.", declared.place)
        taken = next((each for each in self.targets if each.path == declared.path), None)
        if taken is not None:
            raise DeclarationError(declared.path, f"the path is taken{_at(taken.place)}.", "Choose another path.",
                                   declared.place)
        twin = self._published(declared.record) if isinstance(declared, Resource) and not declared.of else None
        if twin is not None:
            name = twin.record.__name__
            raise DeclarationError(declared.path, f"{name} is published as {twin.path} already{_at(twin.place)}.",
                                   f"Derive another class from it: class Other({name}).", declared.place)
        resource = declared if isinstance(declared, Resource) else None
        shelf[declared.path] = displayed(
            declared, display, endpoint=resource is not None and resource.by is None,
            one=declared.single if isinstance(declared, Resource) else not declared.returns_list, keys=resource is not None)

    def _published(self, record: type[Record]) -> Resource | None:
        return next((resource for resource in self.resources.values() if resource.record is record), None)

    def load(self, file: Path | None = None, *, history: bool = True) -> Catalog:
        """Check what only the whole catalog can tell, and close it; raise `DeclarationError` with file and line.

        Without `history`, no change has to fit what it meets, and no old version can be asked for.
        """
        self.file = file or self.file
        self._loaded = True
        if not self.resources and not self.methods:
            raise self._wrong("it publishes nothing.", "Declare a resource with @catalog.resource(...).")
        for resource in self.resources.values():
            self._check_origin(resource)
            self._check_permission(resource.permission, resource.path, resource.place)
            for record, field in all_fields(resource.record):
                self._check_field(resource, record, field)
        for method in self.methods.values():
            self._check_permission(method.permission, method.path, method.place)
            if method.writes and self.database is None:
                raise DeclarationError(method.path, "no database is named that a transaction could be of.",
                                       'Give the catalog database="sqlite:///...".', method.place)
            self._check_result(method)
        if history:
            _ = self.timeline                   # raises where a change does not fit
        return self

    def _check_result(self, method: Method) -> None:
        """Fields that a resource shows to their owner alone have no owner in a result."""
        for record in nested_records(method.result.shape) if method.result is not None else ():
            published = self._published(record)
            if published is not None and published.owner is not None and published.needs:
                raise DeclarationError(
                    method.path, f"in its result, {record.__name__} would show to everybody with a permission what "
                                 f"{published.path} shows to its owner alone.", "Return a record class of its own.", method.place)

    def _check_origin(self, resource: Resource) -> None:
        if isinstance(resource.origin, Table) and resource.origin.database is None and self.database is None:
            raise DeclarationError(resource.path, "no database is named.",
                                   'Give the catalog database="sqlite:///...", or the table its own.', resource.place)

    def _check_permission(self, permission: str | None, path: str, place: str) -> None:
        if permission is not None and permission not in self.permissions:
            raise DeclarationError(path, f"the permission {permission!r} is not declared.",
                                   f'Add it: permissions={{"{permission}": "what it allows"}}.', place)

    def _check_field(self, resource: Resource, record: type[Record], field: Field) -> None:
        name = f"{resource.path}.{field.name}"

        def wrong(reason: str, remedy: str) -> DeclarationError:
            return DeclarationError(name, reason, remedy, place_of(record, field.name) or resource.place)

        if field.needs is not None and field.needs not in self.permissions:
            raise wrong(f"the permission {field.needs!r} is not declared.",
                        f'Add it: permissions={{"{field.needs}": "what it allows"}}.')
        if field.needs is not None and not resource.live:
            raise wrong("Needs() hides it from some, and what is published is the same for all.",
                        f"Read {resource.path} at request time: add live=True.")
        if record is not resource.record and self._published(record) is None:
            self._check_nested(field, wrong)
        if field.refers is None:
            return
        referred = self.referred(field.refers)
        if referred is None:
            raise wrong(f"it refers to {_name_of(field.refers.record)}, which is not published here.",
                        "Publish that record class, or name its path.")
        if scalar_kind(element(field.shape)) != scalar_kind(referred.key.shape):
            raise wrong(f"it is {describe(element(field.shape))}, but the key of {referred.path} is "
                        f"{describe(referred.key.shape)}.", "Give both the same type.")

    def _check_nested(self, field: Field, wrong: Callable[[str, str], DeclarationError]) -> None:
        marks = {"Key": field.key, "Filter": field.filter, "Search": field.search, "Sort": field.sort}
        useless = next((mark for mark, there in marks.items() if there), None)
        if useless is not None:
            raise wrong(f"{useless}() has no effect inside another record.", "Remove it, or publish that record class.")

    def referred(self, refers: Refers) -> Resource | None:
        """The resource that a reference points at; None where there is none."""
        if isinstance(refers.record, str):
            path = refers.record if "/" in refers.record else f"{GROUP_DEFAULT}/{refers.record}"
            return self.resources.get(path)
        return self._published(refers.record)


def _name_of(record: Any) -> str:
    return repr(record) if isinstance(record, str) else str(record.__name__)


def _at(place: str) -> str:
    return f" at {place}" if place else ""


def _check_path(path: Any, remedy: str) -> None:
    if not isinstance(path, str):
        raise DeclarationError(show(path), "the decorator was given no path.", f"Write {remedy}.", caller_place())
