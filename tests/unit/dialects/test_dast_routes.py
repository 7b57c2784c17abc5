"""Addresses of the dast dialect: what is where, and what refuses to start because two want one place."""

from __future__ import annotations

from typing import Annotated, Any

import pytest

from dragoman import Catalog, Key, Record, Rows, Search
from dragoman.credentials.register import Register
from dragoman.credentials.secrets import Digester
from dragoman.dialects.dast import Dast
from dragoman.errors import DeclarationError
from dragoman.exchange import Request
from dragoman.query import Ask, Query

KEYS = Register(Digester(b"k" * 32), stale_max_s=1.0)


def catalog_of(*resources: tuple[str, str], methods: tuple[tuple[str, str], ...] = (), name: str = "armory") -> Catalog:
    """Resources and methods, each with its path and its place in dast."""
    catalog = Catalog(name)
    for path, place in resources:
        namespace = {"__annotations__": {"id": Annotated[int, Key()], "name": Annotated[str, Search()]},
                     "__module__": __name__, "__qualname__": path}
        catalog.resource(path, Rows(list), dast=place)(type(Record)("Tank", (Record,), namespace))

    def call() -> None:
        """Nothing."""

    for path, place in methods:
        catalog.method(path, dast=place)(call)
    return catalog


def bind(*catalogs: Catalog) -> Dast:
    """The dialect that knows them."""
    dialect = Dast()
    dialect.bind([catalog.load() for catalog in catalogs], KEYS)
    return dialect


def refused(*catalogs: Catalog) -> DeclarationError:
    """Why they cannot be served together."""
    with pytest.raises(DeclarationError) as raised:
        bind(*catalogs)
    assert 'dast="..."' in raised.value.remedy
    return raised.value


def asked(dialect: Dast, path: str) -> tuple[str, Ask]:
    """What an address asks for."""
    query = dialect.read(Request(verb="GET", path=path.encode()))
    assert isinstance(query, Query)
    return query.target, query.ask


def test_two_groups_with_one_name_clash_unless_one_is_renamed():
    error = refused(catalog_of(("wot/tanks", ""), ("wows/tanks", "")))
    assert "/api/tanks/list is taken by armory: wot/tanks" in error.reason
    assert error.place.startswith(__file__)
    dialect = bind(catalog_of(("wot/tanks", ""), ("wows/tanks", "ships")))
    assert [dialect.address_of("armory", path) for path in ("wot/tanks", "wows/tanks")] == ["/api/tanks/list", "/api/ships/list"]
    assert asked(dialect, "/api/ships") == ("wows/tanks", Ask.PAGE)


def test_so_do_two_catalogs_and_a_method_that_is_called_like_an_action():
    refused(catalog_of(("tanks", "")), catalog_of(("tanks", ""), name="other"))
    for action in ("list", "get", "default"):
        refused(catalog_of(("wot/tanks", ""), methods=((f"tanks/{action}", ""),)))
    refused(catalog_of(("wot/tanks", ""), methods=(("tanks", ""),)))
    dialect = bind(catalog_of(("wot/tanks", ""), methods=(("tanks/list", "tanks/all"), ("tanks/count", ""), ("count", "home"))))
    assert asked(dialect, "/api/tanks/all") == ("tanks/list", Ask.CALL)
    assert asked(dialect, "/api/tanks/count") == ("tanks/count", Ask.CALL)
    assert asked(dialect, "/api/home") == asked(dialect, "/api/home/default/") == ("data/count", Ask.CALL)


def test_a_search_has_a_place_of_its_own_whatever_the_resource_is_called():
    catalog = catalog_of(("wot/tanks", "vehicles"))
    catalog.search("tanks/find", catalog.resources["wot/tanks"].record, by="name")
    catalog.search("find", catalog.resources["wot/tanks"].record, by="name", dast="tanks/seek")
    dialect = bind(catalog)
    assert asked(dialect, "/api/tanks/find") == ("tanks/find", Ask.PAGE)
    assert asked(dialect, "/api/tanks/seek") == ("data/find", Ask.PAGE)
    assert asked(dialect, "/api/vehicles/get") == ("wot/tanks", Ask.ONE)


@pytest.mark.parametrize("place", ["Tanks", "/tanks", "tanks/", "a/b/c", "ta nks", "1", "../x", 7])
def test_a_place_that_is_none_is_refused_where_it_is_declared(place: Any):
    for declare in (lambda: catalog_of(("tanks", place)), lambda: catalog_of(methods=(("tanks/count", place),))):
        with pytest.raises(DeclarationError) as raised:
            declare()
        assert f"dast={place!r}" in raised.value.reason


def test_a_resource_is_an_endpoint_and_has_no_action_of_its_own():
    with pytest.raises(DeclarationError) as raised:
        catalog_of(("tanks", "tanks/list"))
    assert "`endpoint`" in raised.value.reason


def test_needless_escapes_are_the_same_address_and_others_are_none():
    dialect = bind(catalog_of(("tanks", "")))
    assert asked(dialect, "/api/%74anks/li%73t") == ("data/tanks", Ask.PAGE)
    assert dialect.address_of("armory", "data/tanks") == "/api/tanks/list"
    assert not dialect.takes_body(Request(verb="POST", path=b"/api/tanks%2Flist"))
