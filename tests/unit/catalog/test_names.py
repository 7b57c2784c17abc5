"""Names on a whole server: addresses and parameters that would collide refuse to start, with the remedy."""

from dataclasses import dataclass, field
from typing import Annotated

import pytest

from dragoman import Catalog, Filter, Key, Named, Record, Renamed, Rows
from dragoman.catalog.names import OWN_PATHS, check_names, key_name
from dragoman.credentials.register import Register
from dragoman.credentials.secrets import Digester
from dragoman.dialects.gw2 import Gw2
from dragoman.errors import DeclarationError


@dataclass
class Dialect:
    """What the checks need of a dialect."""

    name: str
    mount: str = ""
    reserved: frozenset[str] = field(default_factory=frozenset)
    reserved_in_lists: frozenset[str] = field(default_factory=frozenset)


GW2 = Dialect("gw2", "/v2", frozenset({"lang", "page"}))
DAST = Dialect("dast", "/api", frozenset({"api_token"}))


def check(claims=None, catalogs=(), dialects=(GW2, DAST)):
    """Check, and give the error."""
    with pytest.raises(DeclarationError) as caught:
        check_names(claims or {}, catalogs, dialects)
    return caught.value


def catalog_of(annotation, name="lang"):
    """A catalog with one filter of a name."""
    catalog = Catalog("armory")
    annotations = {"id": Annotated[int, Key()], name: annotation}
    namespace = {"__annotations__": annotations, "__module__": __name__, "__qualname__": "Tank"}
    catalog.resource("tanks", Rows(list))(type(Record)("Tank", (Record,), namespace))
    return catalog.load()


def test_two_targets_cannot_have_one_address():
    error = check({"gw2": {"/v2/tanks": "armory: data/tanks"}, "dast": {"/v2/tanks/": "other: data/tanks"}}, dialects=())
    assert error.name == "other: data/tanks (dast)"
    assert "taken by armory: data/tanks (gw2)" in error.reason
    assert "another name" in error.remedy


@pytest.mark.parametrize("path", ["/", "", *OWN_PATHS, "/accounts/tanks", "/static/", "/.well-known/x"])
def test_the_servers_own_addresses_cannot_be_claimed(path):
    error = check({"lesta": {path: "accounts: data/tanks"}})
    assert "the server's own" in error.reason
    assert "Mount" in error.remedy


def test_nothing_lies_under_the_mount_of_another_dialect():
    error = check({"lesta": {"/v2/data/tanks": "v2: data/tanks"}})
    assert "lies under /v2, where gw2 answers" in error.reason
    assert "mounts" in error.remedy


def test_addresses_that_only_begin_alike_do_not_clash():
    check_names({"gw2": {"/v2/tanks": "a", "/v2/tanks/all": "b"}, "lesta": {"/v20/data/tanks": "c", "/healthy/x/y": "d"}},
                (), (GW2, DAST))


def test_a_filter_of_a_reserved_name_is_refused_with_the_remedy():
    error = check(catalogs=[catalog_of(Annotated[str, Filter()])])
    assert error.name == "data/tanks.lang"
    assert "gw2 reserves the parameter `lang`" in error.reason
    assert 'Named(gw2="...")' in error.remedy


def test_another_name_in_that_dialect_is_the_remedy():
    check_names({}, [catalog_of(Annotated[str, Filter(), Named(gw2="choice")])], (GW2, DAST))


def test_another_name_that_is_reserved_too_is_refused():
    error = check(catalogs=[catalog_of(Annotated[str, Filter(), Named(gw2="page")])])
    assert "gw2 reserves the parameter `page`" in error.reason


def test_a_reserved_name_that_is_no_parameter_is_harmless():
    check_names({}, [catalog_of(str)], (GW2, DAST))


def test_a_parameter_of_a_method_is_checked_like_a_filter():
    catalog = Catalog("armory")

    @catalog.method("letters/choose")
    def choose(lang: str) -> bool:
        return bool(lang)

    error = check(catalogs=[catalog.load()])
    assert error.name == "letters/choose.lang"
    assert error.place.startswith(__file__)


def test_two_parameters_cannot_take_one_name_in_a_dialect():
    catalog = Catalog("armory")

    @catalog.method("letters/choose")
    def choose(a: Annotated[str, Named(dast="choice")], b: Annotated[str, Named(dast="choice")]) -> bool:
        return a == b

    error = check(catalogs=[catalog.load()])
    assert "in dast it is called `choice` like letters/choose.a" in error.reason
    assert "Named()" in error.remedy


def test_the_built_in_dialect_claims_its_addresses():
    gw2 = Gw2()
    catalog = catalog_of(str)
    check_names({"gw2": gw2.bind([catalog], Register(Digester(b"k" * 32), stale_max_s=1.0))}, [catalog], [gw2])


@pytest.mark.parametrize(("annotation", "name", "called"), [
    (Annotated[str, Key()], "tank", "tank"), (Annotated[str, Key()], "lang", "key"),
    (Annotated[str, Key(), Named(gw2="tongue")], "lang", "tongue"),
    (Annotated[str, Key(), Named(dast="tongue")], "lang", "key"), (Annotated[str, Key()], "api_token", "api_token"),
])
def test_a_key_is_called_otherwise_where_its_name_is_reserved(annotation, name, called):
    catalog = Catalog("armory")
    namespace = {"__annotations__": {name: annotation}, "__module__": __name__, "__qualname__": "Tank"}
    catalog.resource("tanks", Rows(list))(type(Record)("Tank", (Record,), namespace))
    assert key_name(GW2, catalog.load().resources["data/tanks"].key) == called


def test_what_lies_under_a_longer_mount_is_its_own():
    """A dialect may be mounted below another one; what the upper one claims there is refused."""
    upper, lower = Dialect("dast", "/api"), Dialect("webmaster", "/api/rest")
    claims = {"dast": {"/api/ships/list": "ships"}, "webmaster": {"/api/rest/data/json/ships": "ships"}}
    check_names(claims, [], [upper, lower])
    with pytest.raises(DeclarationError, match=r"/api/rest/list.*lies under /api/rest, where webmaster answers"):
        check_names({"dast": {"/api/rest/list": "rest"}}, [], [upper, lower])
    with pytest.raises(DeclarationError, match="lies under /api, where dast answers"):
        check_names({"webmaster": {"/api/elsewhere": "x"}}, [], [upper, lower])


def test_a_parameter_of_a_method_may_be_called_as_lists_are_paged():
    """Names that mean something in lists alone are free elsewhere."""
    catalog = Catalog("harbor")

    @catalog.method("ships/log")
    def log(page: int = 0) -> int:
        return page

    check_names({}, [catalog.load()], [Dialect("gw2", "/v2", reserved_in_lists=frozenset({"page"}))])
    with pytest.raises(DeclarationError, match="reserves the parameter `page`"):
        check_names({}, [catalog], [Dialect("gw2", "/v2", reserved=frozenset({"page"}))])


def test_a_name_of_an_old_version_collides_as_well():
    """Whoever asks in that version could never send it."""
    catalog = Catalog("harbor")

    @catalog.method("ships/log")
    def log(depth: int = 0) -> int:
        return depth

    catalog.change("2024-01-01", "ships/log", "`lang` is called `depth`.", Renamed("depth", before="lang"))
    assert "reserves the parameter `lang`" in str(check(catalogs=[catalog.load()]))
