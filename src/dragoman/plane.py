"""A data plane as a whole: what answers, what is published, and what is known of it for pages and screens."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from .catalog.catalog import Catalog
from .contracts import Answerer, Dialect, Operations
from .control.published import Sample
from .editions.store import Edition, Editions

_NO_SECRETS: Mapping[str, str] = {}
_TRIED_MAX = 20
"""How many records are looked at for a text that a search finds something by."""


def _beginning(text: str, at_least: int) -> str:
    """The first word of a text, or all of it where that is too short."""
    word = text.split()[0]
    return word if len(word) >= at_least and text.startswith(word) else text


class Plane(msgspec.Struct, frozen=True):
    """A data plane: what answers, and the editions it answers from."""

    answerer: Answerer
    editions: Editions
    catalogs: list[Catalog]
    dialects: list[Dialect]
    operations: Operations | None = None
    """The long operations; None where nothing that is published takes long."""

    def address_of(self, catalog: Catalog, path: str) -> str | None:
        """Where a resource or method is asked for in the first dialect that shows it."""
        return next((found for dialect in self.dialects
                     if (found := dialect.address_of(catalog.name, path)) is not None), None)

    def addresses_of(self, catalog: Catalog, path: str) -> dict[str, str]:
        """Where a resource or method is asked for, by dialect."""
        return {dialect.name: found for dialect in self.dialects
                if (found := dialect.address_of(catalog.name, path)) is not None}

    def descriptions_of(self, catalog: Catalog) -> dict[str, Mapping[str, str]]:
        """Where programs find descriptions of a catalog: by library, then by kind."""
        return {library: found for dialect in self.dialects for library, found in dialect.descriptions_of(catalog.name).items()}

    def example(self, dialect: Dialect, secrets: Mapping[str, str] = _NO_SECRETS) -> str | None:
        """An address in a dialect that answers with published records, or with what secrets are worth, of a resource that is there in
        every version, if any is; None where there is none, or before the first edition."""
        found: list[tuple[bool, str, str | None]] = []
        for catalog in self.catalogs:
            edition = self.editions.current(catalog.name, catalog.clusters[0])
            for path, shelf in edition.shelves.items() if edition is not None else ():
                address, resource = dialect.address_of(catalog.name, path), catalog.resources.get(path)
                if shelf.count and address is not None and resource is not None and not resource.authenticated:
                    language = catalog.languages[-1] if resource.localized else None
                    found.append((bool(resource.since or resource.until), address, language))
        best = min(found, key=lambda each: each[0], default=None)
        return dialect.example(best[1], best[2], secrets) if best is not None else None

    def examples_with(self, secrets: Mapping[str, str]) -> dict[str, str]:
        """By dialect an address that answers with what secrets are worth, where they make a difference."""
        return {dialect.name: address for dialect in self.dialects
                if (address := self.example(dialect, secrets)) is not None and address != self.example(dialect)}

    def sample_of(self, catalog: Catalog, path: str) -> Sample | None:
        """How many records of a resource are published for everybody, and a key where there are any; None before the first
        edition."""
        if catalog.resources[path].authenticated:
            return None
        edition = self.editions.current(catalog.name, catalog.clusters[0])
        shelf = edition.shelves.get(path) if edition is not None else None
        if shelf is None:
            return None
        return Sample(count=shelf.count, key=bytes(shelf.key(0)) if shelf.count else None)

    def text_found(self, catalog: Catalog, path: str) -> str | None:
        """What a search finds something by: how a text of one of the first records begins that is long enough; None where there is none,
        or not for everybody."""
        search = catalog.searches[path]
        edition = self.editions.current(catalog.name, catalog.clusters[0])
        shelf = edition.shelves.get(search.of or "") if edition is not None and not search.authenticated else None
        by = next(field for field in search.fields if field.name == search.by)
        if shelf is None or by.needs is not None or by.search is None:
            return None
        language = catalog.languages[0] if search.localized else ""
        least = by.search.at_least
        records = shelf.records(language).some(range(min(shelf.count, _TRIED_MAX)))
        texts = (msgspec.json.decode(record).get(by.name) for record in records if record is not None)
        return next((_beginning(text, least) for text in texts if text and text[0].strip() and len(text) >= least), None)

    def publications(self) -> list[tuple[str, str, float]]:
        """Catalog, cluster and UNIX time of publication of every edition that is served."""
        pairs = [(catalog.name, cluster) for catalog in self.catalogs for cluster in catalog.clusters]
        served = [(pair, self.editions.current(*pair)) for pair in pairs]
        return [(*pair, edition.published_at) for pair, edition in served if edition is not None]

    def ready(self) -> bool:
        """Whether every catalog with something to publish has an open edition that holds all of it."""
        return all(edition is not None and not edition.missing for edition in self._due())

    def opened(self) -> bool:
        """Whether each has one that holds something of it, or maybe nothing as it is today."""
        return None not in self._due()

    def _due(self) -> list[Edition | None]:
        """The open edition of every catalog with something to publish."""
        return [
            self.editions.current(catalog.name, cluster)
            for catalog in self.catalogs if any(not resource.live for resource in catalog.resources.values())
            for cluster in catalog.clusters
        ]
