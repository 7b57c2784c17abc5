"""Names that must not collide on a whole server: addresses, and parameters within each dialect."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import ClassVar, Protocol

from ..errors import DeclarationError
from .catalog import Catalog
from .fields import Field
from .method import Method
from .resource import Resource
from .stage import Stage

OWN_PATHS = ("/health", "/metrics", "/accounts", "/room", "/oauth", "/auth", "/i18n", "/.well-known", "/static")
"""What the server itself answers, with everything below it."""


class Naming(Protocol):
    """What these checks need of a dialect."""

    name: ClassVar[str]
    mount: str
    reserved: ClassVar[frozenset[str]]
    reserved_in_lists: ClassVar[frozenset[str]]
    asked_by: ClassVar[str]


def check_names(
    claims: Mapping[str, Mapping[str, str]], catalogs: Sequence[Catalog], dialects: Iterable[Naming],
) -> None:
    """Check the paths that each dialect claims, path by path with who declared it, and the parameters of everything.

    Raises `DeclarationError` with the remedy for the first collision.
    """
    dialects = tuple(dialects)
    taken: dict[str, str] = {}
    for dialect, paths in claims.items():
        for path, who in paths.items():
            _check_mounts(path, who, dialect, dialects)
            _claim(path, f"{who} ({dialect})", taken)
    for each in dialects:
        for catalog in catalogs:
            for target in catalog.targets:
                for stage in catalog.timeline.stages(target):
                    _check_parameters(each, target, stage)


def key_name(dialect: Naming, key: Field) -> str:
    """The parameter that names records in a dialect: what the key is called there, or `key` where that has a meaning of its own."""
    name = key.name_in(dialect.name)
    return "key" if name in dialect.reserved or name in dialect.reserved_in_lists else name


def _check_mounts(path: str, who: str, dialect: str, dialects: Iterable[Naming]) -> None:
    """Whatever lies under a dialect's mount is answered by it alone, but for what lies under a longer one."""
    above = [each for each in dialects if each.mount and (path + "/").startswith(each.mount + "/")]
    owner = max(above, key=lambda each: len(each.mount), default=None)
    if owner is not None and owner.name != dialect:
        raise DeclarationError(
            f"{who} ({dialect})", f"its address {path} lies under {owner.mount}, where {owner.name} answers.",
            f'Mount one of them elsewhere, in the settings: mounts = {{ {owner.name} = "/..." }}, or rename it.',
        )


def check_own(path: str, who: str) -> None:
    """See that a path is not one of the server's own. Raises `DeclarationError`."""
    plain = path.rstrip("/")
    own = next((own for own in OWN_PATHS if plain == own or plain.startswith(own + "/")), None)
    if own is not None or not plain:
        raise DeclarationError(who, f"its address {path!r} is the server's own.",
                               "Mount the dialect elsewhere, in the settings, or rename what is published.")


def _claim(path: str, who: str, taken: dict[str, str]) -> None:
    check_own(path, who)
    plain = path.rstrip("/")
    if plain in taken:
        raise DeclarationError(who, f"its address {path} is taken by {taken[plain]}.", "Give one of them another name.")
    taken[plain] = who


def _check_parameters(dialect: Naming, target: Resource | Method, stage: Stage) -> None:
    """Check what clients write as parameters, in one version."""
    seen: dict[str, str] = {}
    reserved = dialect.reserved if isinstance(target, Method) else dialect.reserved | dialect.reserved_in_lists
    if isinstance(target, Method) and target.operation:
        reserved |= {dialect.asked_by}
    for field in _parameters(target, stage):
        name = field.name_in(dialect.name)
        place = f"{target.path}.{field.name}"
        if name in reserved:
            raise DeclarationError(place, f"{dialect.name} reserves the parameter `{name}`.",
                                   f'Give it another name there: Named({dialect.name}="...").', target.place)
        if name in seen:
            raise DeclarationError(place, f"in {dialect.name} it is called `{name}` like {seen[name]}.",
                                   "Choose another name in Named().", target.place)
        seen[name] = place


def _parameters(target: Resource | Method, stage: Stage) -> Iterable[Field]:
    """What clients write as parameters: filters but the key, which every dialect asks for in its own way."""
    if isinstance(target, Method):
        return stage.fields
    return [field for field in stage.fields if field.filter is not None and not field.key]
