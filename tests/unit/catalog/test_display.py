"""What a declaration says for single dialects: checked at once, with the remedy."""

from typing import Annotated

import pytest

from dragoman import Added, Catalog, Filter, Key, Record, Rows
from dragoman.errors import DeclarationError


class Offer(Record):
    id: Annotated[int, Key()]
    kind: Annotated[str, Filter(first=True, any="all")]


@pytest.mark.parametrize(("display", "reason"), [
    ({"listed": "table"}, "is none of array, paged, keyed, one"),
    ({"listed": "one"}, "here are many"),
    ({"positions": "kind"}, "are no names"),
    ({"positions": (1,)}, "are no names"),
    ({"positions": ("kind", "kind")}, "stands twice"),
    ({"dast": "a/b"}, "is not `endpoint`"),
])
def test_a_resource_is_shown_in_ways_that_there_are(display, reason):
    with pytest.raises(DeclarationError, match=reason):
        Catalog("shop").resource("offers", Rows(list), **display)(Offer)


def test_what_a_method_returns_has_no_keys():
    with pytest.raises(DeclarationError, match="needs the keys"):
        @Catalog("shop").method("shop/list", listed="keyed")
        def listed() -> list[int]:
            return []


@pytest.mark.parametrize("result", [list[int], list[Offer] | None])
def test_a_list_that_a_method_returns_is_not_one_record(result):
    with pytest.raises(DeclarationError, match="here are many"):
        @Catalog("shop").method("shop/list", listed="one")
        def listed() -> result:
            return []


def test_what_is_said_is_kept():
    catalog = Catalog("shop")
    catalog.resource("offers", Rows(list), positions=["kind", "start"], listed="keyed")(Offer)
    offers = catalog.load().resources["data/offers"]
    assert (offers.positions, offers.listed) == (("kind", "start"), "keyed")


@pytest.mark.parametrize("every", ["", "a,b", 7])
def test_a_value_for_all_is_one_that_a_client_can_write(every):
    with pytest.raises(DeclarationError, match="no value that a client could write for all"):
        @Catalog("shop").resource("wrong", Rows(list))
        class Wrong(Record):
            id: Annotated[int, Key()]
            kind: Annotated[str, Filter(any=every)]


@pytest.mark.parametrize("step", [None, "x", int])
def test_what_is_no_step_of_a_change_is_told(step):
    with pytest.raises(DeclarationError, match="is no step"):
        Catalog("shop").change("2024-01-01", Offer, "Something.", step)


def test_a_description_that_no_page_can_show_is_refused():
    with pytest.raises(DeclarationError, match="lone surrogates"):
        Catalog("shop").change("2024-01-01", Offer, "A half \ud83d.", Added("title"))
