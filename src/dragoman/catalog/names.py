"""Names that must not collide on a whole server: addresses, and parameters within each dialect."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import ClassVar, Protocol

from ..errors import DeclarationError
from .catalog import Catalog
from .fields import Field
from .method import Method
from .resource import Resource

OWN_PATHS = ("/health", "/metrics", "/accounts", "/.well-known", "/static")
"""What the server itself answers, with everything below it."""


class Naming(Protocol):
    """What these checks need of a dialect."""

    name: ClassVar[str]
    reserved: ClassVar[frozenset[str]]


def check_names(
    claims: Mapping[str, Mapping[str, str]], catalogs: Sequence[Catalog], dialects: Iterable[Naming],
) -> None:
    """Check the paths that each dialect claims, path by path with who declared it, and the parameters of everything.

    Raises `DeclarationError` with the remedy for the first collision.
    """
    taken: dict[str, str] = {}
    for dialect, paths in claims.items():
        for path, who in paths.items():
            _claim(path, f"{who} ({dialect})", taken)
    for dialect_named in dialects:
        for catalog in catalogs:
            for target in catalog.targets:
                _check_parameters(dialect_named, target)


def _claim(path: str, who: str, taken: dict[str, str]) -> None:
    own = next((own for own in OWN_PATHS if path == own or path.startswith(own + "/")), None)
    if own is not None or path in ("", "/"):
        raise DeclarationError(who, f"its address {path!r} is the server's own.", "Mount the dialect elsewhere.")
    if path in taken:
        raise DeclarationError(who, f"its address {path} is taken by {taken[path]}.", "Rename one of them.")
    taken[path] = who


def _check_parameters(dialect: Naming, target: Resource | Method) -> None:
    seen: dict[str, str] = {}
    for field in _parameters(target):
        name = field.name_in(dialect.name)
        place = f"{target.path}.{field.name}"
        if name in dialect.reserved:
            raise DeclarationError(place, f"{dialect.name} reserves the parameter `{name}`.",
                                   f'Give it another name there: Named({dialect.name}="...").', target.place)
        if name in seen:
            raise DeclarationError(place, f"in {dialect.name} it is called `{name}` like {seen[name]}.",
                                   "Choose another name in Named().", target.place)
        seen[name] = place


def _parameters(target: Resource | Method) -> Iterable[Field]:
    """What clients write as parameters: filters but the key, which every dialect asks for in its own way."""
    if isinstance(target, Method):
        return target.parameters
    return [field for field in target.fields if field.filter is not None and not field.key]
