"""What the Room knows of the data plane beside it: told once, when the process starts."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import msgspec

from ..catalog.catalog import Catalog
from ..contracts import Operations
from ..settings import Settings


class Sample(msgspec.Struct, frozen=True):
    """What is published of a resource at present: how many records, and the JSON of one key where there are any."""

    count: int
    key: bytes | None


class Published(msgspec.Struct, frozen=True, kw_only=True):
    """The catalogs that are served, and where."""

    catalogs: Sequence[Catalog] = ()
    address_of: Callable[[Catalog, str], str | None] = lambda _catalog, _path: None
    """Where a resource or method of a catalog is asked for; None where no dialect shows it."""
    addresses_of: Callable[[Catalog, str], Mapping[str, str]] = lambda _catalog, _path: {}
    """The same by dialect."""
    descriptions_of: Callable[[Catalog], Mapping[str, Mapping[str, str]]] = lambda _catalog: {}
    """Where programs find descriptions of a catalog: by library, then by kind, such as `XSD`."""
    sample_of: Callable[[Catalog, str], Sample | None] = lambda _catalog, _path: None
    """What is published of a resource; None before the first edition."""
    text_found: Callable[[Catalog, str], str | None] = lambda _catalog, _path: None
    """What a search finds something by; None where nothing is published that everybody may find."""
    examples_with: Callable[[Mapping[str, str]], Mapping[str, str]] = lambda _secrets: {}
    """By dialect an address to try that answers with what secrets are worth; nothing before the first edition."""
    operations: Operations | None = None
    """The long operations; None where nothing that is published takes long."""
    index: str | None = None
    """The address that lists every endpoint; the same with `.json` lists them for programs."""


_known: list[Published] = [Published()]


def publish(told: Published) -> None:
    """Tell the Room of this process what is served."""
    _known[0] = told


def published() -> Published:
    """What is served beside this Room; nothing where a command runs without a server."""
    return _known[0]


def publisher_name(settings: Settings) -> str:
    """Whose Room it is: the publisher's name, else the titles of the catalogs; one line, as subjects of letters are."""
    name = settings.room.publisher or ", ".join(catalog.title for catalog in published().catalogs)
    return " ".join(name.split()) or "Dragoman"


def note_address(data_dir: Path, url: str) -> None:
    """Keep where the server answers, for commands that run beside it; whole or not at all."""
    aside = data_dir / "address.json.new"
    aside.write_bytes(msgspec.json.encode({"url": url}))
    aside.rename(data_dir / "address.json")


def noted_address(data_dir: Path) -> str | None:
    """Where a server of this data directory answered last; None for one that never ran."""
    try:
        return msgspec.json.decode((data_dir / "address.json").read_bytes(), type=dict[str, str]).get("url")
    except (FileNotFoundError, msgspec.DecodeError):
        return None
