"""Operations that outlive the catalog that they were begun with: what they were given and what they returned, in its versions."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from dragoman import Added, Caller, Catalog, Localized, Record, Renamed, Reshaped
from dragoman.catalog.fitting import Misfits
from dragoman.exchange import Claim, OperationResult
from dragoman.pipeline.forms import form_asked, form_told
from dragoman.working.worker import _arguments_of

from .test_operating import Stand

Make = Callable[[], Catalog]
FIRST, SECOND = "2024-01-01", "2025-01-01"


class Named(Record):
    """At first."""

    name: Localized
    price: int
    """In cents."""


class Titled(Record):
    """After the first change."""

    title: Localized
    price: int
    """In euros."""


class Paid(Record):
    """After the second one."""

    title: Localized
    price: int
    paid: bool = False


def make_first() -> Catalog:
    """Before anything changed."""
    catalog = Catalog("works", languages=("en", "de"), permissions={"account": "Your account"})

    @catalog.method("works/bills", operation=True, authenticated=True)
    def bills(days: int = 1, name: str = "all") -> Iterator[Named]:
        return iter(())

    return catalog.load()


def make_second() -> Catalog:
    """`title` instead of `name`, prices in euros, `hours` instead of `days`."""
    catalog = Catalog("works", languages=("en", "de"), permissions={"account": "Your account"})

    @catalog.method("works/bills", operation=True, authenticated=True)
    def bills(hours: int = 24, name: str = "all") -> Iterator[Titled]:
        return iter(())

    change(catalog, Titled)
    return catalog.load()


def make_third() -> Catalog:
    """With `paid`, too."""
    catalog = Catalog("works", languages=("en", "de"), permissions={"account": "Your account"})

    @catalog.method("works/bills", operation=True, authenticated=True)
    def bills(hours: int = 24, name: str = "all") -> Iterator[Paid]:
        return iter(())

    change(catalog, Paid)
    catalog.change(SECOND, Paid, "`paid` is new.", Added("paid"))
    return catalog.load()


def change(catalog: Catalog, record: type[Record]) -> None:
    catalog.change(FIRST, record, "Titles, and euros.", Renamed("title", before="name"),
                   Reshaped(["price"], before={"price": int}, backward=lambda euros: {"price": euros * 100}))
    catalog.change(FIRST, "works/bills", "Hours.",
                   Reshaped(["hours"], before={"days": int}, backward=lambda hours: {"days": hours // 24},
                            forward=lambda days: {"hours": days * 24}))


def keep(folder: Path, make: Make, *parts: bytes, hides: bool = False) -> int:
    """Begin an operation and do it, both with one catalog; its id."""
    stand = Stand(folder, make)
    id = stand.begin("works/bills?v=latest", "GET")
    claim = stand.jobs.claim("w", ["works"])
    assert claim is not None
    for number, part in enumerate(parts):
        assert stand.jobs.add_part(claim, number, part)
    method = stand.catalog.methods["works/bills"]
    assert claim.version == form_asked(stand.catalog, method)
    form = form_told(stand.catalog, method)
    assert stand.jobs.finish(claim, OperationResult(lease=claim.lease, parts=len(parts), items=1, size_bytes=9, is_list=True, version=form,
                                                    hides=hides))
    return id


CENTS = b'[{"name":{"en":"Bread","de":"Brot"},"price":250}]'
EUROS = b'[{"title":{"en":"Bread","de":"Brot"},"price":2}]'


@pytest.mark.parametrize("parts", [1, 2])
@pytest.mark.parametrize("version", ["", "v=earliest&", "v=2023-05-05&"])
def test_a_result_is_answered_in_its_own_version_and_in_older_ones(tmp_path: Path, parts: int, version: str) -> None:
    """Whatever has changed since; as short as it is, and as a stream. Its numbers mean what they meant."""
    id = keep(tmp_path, make_first, *[CENTS] * parts)
    answer, told = Stand(tmp_path, make_second).ask(f"works/bills?{version}lang=de&operation={id}")
    assert (answer.status, told) == (200, [{"name": "Brot", "price": 250}] * parts)


def test_a_result_is_not_told_in_a_later_version_than_its_own(tmp_path: Path) -> None:
    """Nobody says what it would be there; what to do instead is told, and works."""
    id = keep(tmp_path, make_first, CENTS)
    stand = Stand(tmp_path, make_second)
    answer, told = stand.ask(f"works/bills?v=latest&operation={id}")
    text = "the result is of the version earliest of the schema, and the method has changed since."
    assert (answer.status, told["text"]) == (409, f"{text} Ask for it with v=earliest, or start it again.")
    assert stand.ask(f"works/bills?v=earliest&operation={id}")[1] == [{"name": "Bread", "price": 250}]


def test_a_result_between_two_changes_is_shown_as_it_was_and_as_it_was_before(tmp_path: Path) -> None:
    """Only what was changed before it was written is undone in it."""
    id = keep(tmp_path, make_third, b'[{"title":{"en":"Bread"},"price":2,"paid":true}]')
    stand = Stand(tmp_path, make_third)
    assert stand.ask(f"works/bills?v=latest&operation={id}")[1] == [{"title": "Bread", "price": 2, "paid": True}]
    assert stand.ask(f"works/bills?v={FIRST}&operation={id}")[1] == [{"title": "Bread", "price": 2}]
    assert stand.ask(f"works/bills?operation={id}")[1] == [{"name": "Bread", "price": 200}]


@pytest.mark.parametrize(("version", "told"), [
    (f"v={FIRST}&", [{"title": "Bread", "price": 2}]), ("", [{"name": "Bread", "price": 200}]), ("v=latest&", None)])
def test_what_was_written_between_two_changes_keeps_its_place_after_the_second(tmp_path: Path, version: str, told: Any) -> None:
    id = keep(tmp_path, make_second, b'[{"title":{"en":"Bread"},"price":2}]')
    answer, found = Stand(tmp_path, make_third).ask(f"works/bills?{version}operation={id}")
    assert answer.status == (200 if told is not None else 409)
    assert told is None or found == told


def test_a_result_of_a_newer_catalog_than_this_one_is_told_as_another_form(tmp_path: Path) -> None:
    """A server that was not restarted yet, or was set back."""
    id = keep(tmp_path, make_second, EUROS)
    answer, told = Stand(tmp_path, make_first).ask(f"works/bills?operation={id}")
    assert (answer.status, "another form" in told["text"]) == (409, True)


def test_what_was_hidden_in_a_result_is_not_shown_by_a_name_that_is_gone(tmp_path: Path) -> None:
    """Today's catalog cannot tell what needed a permission then."""
    id = keep(tmp_path, make_first, CENTS, hides=True)
    assert Stand(tmp_path, make_first).ask(f"works/bills?operation={id}")[0].status == 200
    assert Stand(tmp_path, make_second).ask(f"works/bills?operation={id}")[0].status == 409


# ---------------------------------------------------------------------------------------- arguments


def claim_of(arguments: bytes, version: str) -> Claim:
    return Claim(id=1, lease=1, catalog="works", cluster="default", path="works/bills", arguments=arguments, version=version,
                 caller=Caller(), request_id="r", attempts=1)


SINCE = f"{FIRST}T00:00:00.000000Z"


@pytest.mark.parametrize(("version", "given", "meant"), [
    ("earliest", b'{"days":2,"name":"x"}', {"hours": 48, "name": "x"}), (SINCE, b'{"hours":5}', {"hours": 5, "name": "all"}),
    ("", b'{"hours":5,"name":"x"}', {"hours": 5, "name": "x"}),
])
def test_arguments_are_done_as_they_were_meant(version: str, given: bytes, meant: dict[str, Any]) -> None:
    """By the changes since they were accepted; those of which nobody noted the version are today's."""
    catalog = make_second()
    assert _arguments_of(claim_of(given, version), catalog, catalog.methods["works/bills"]) == meant


@pytest.mark.parametrize(("version", "given"), [
    ("earliest", b'{"hours":5}'), (SINCE, b'{"days":5}'), ("", b'{"days":5}'), ("2031-01-01T00:00:00.000000Z", b'{"hours":5}'),
])
def test_arguments_that_fit_no_version_are_not_guessed(version: str, given: bytes) -> None:
    """Nor those of a catalog that is newer than this one, by whatever names they go."""
    catalog = make_second()
    with pytest.raises(Misfits):
        _arguments_of(claim_of(given, version), catalog, catalog.methods["works/bills"])
