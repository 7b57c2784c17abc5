"""The demo over HTTP: what the atlas answers, compared with what Babel says."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from babel import Locale
from babel.core import get_global

from ...conftest import Server

CATALOG = Path(__file__).parents[3] / "examples" / "atlas" / "catalog.py"
LANGUAGES = ("en", "es", "de", "fr", "zh")
RESOURCES = ("currencies", "languages", "scripts", "territories", "timezones")


@pytest.fixture(scope="module")
def atlas(serve: Callable[..., Server]) -> Server:
    """The demo, served as `make run` does."""
    return serve(str(CATALOG))


def read(atlas: Server, path: str, **options: Any) -> Any:
    """The JSON at a path that answers 200."""
    answer = atlas.get(path, **options)
    assert answer.status_code == 200, answer.text
    return answer.json()


def everything(atlas: Server, resource: str) -> list[dict[str, Any]]:
    """Every record of a resource, in English."""
    found: list[dict[str, Any]] = read(atlas, f"/v2/{resource}?ids=all")
    return found


@pytest.mark.covers("G11", "G12")
def test_the_root_lists_the_five_resources_and_languages(atlas: Server) -> None:
    """Both root pages name the same endpoints."""
    told = read(atlas, "/v2.json")
    assert told["langs"] == list(LANGUAGES)
    public = [route for route in told["routes"] if not route["auth"]]
    assert [route["path"] for route in public] == [f"/v2/{name}" for name in RESOURCES]
    assert all(route["lang"] for route in public)
    assert [route["path"] for route in told["routes"] if route["auth"]] == ["/v2/createsubtoken", "/v2/tokeninfo"]
    text = atlas.get("/v2").text
    assert all(f"/v2/{name}" in text for name in RESOURCES)


@pytest.mark.covers("G2", "G9", "G14")
@pytest.mark.parametrize("language", LANGUAGES)
def test_a_name_is_that_of_babel_in_each_language(atlas: Server, language: str) -> None:
    """By parameter and by header the same name, and the header tells which language it is."""
    locale = Locale.parse(language)
    euro = atlas.get(f"/v2/currencies/EUR?lang={language}")
    assert euro.headers["content-language"] == language
    assert euro.json()["name"] == locale.currencies["EUR"]
    assert read(atlas, "/v2/territories/AT", headers={"Accept-Language": language})["name"] == locale.territories["AT"]
    assert read(atlas, f"/v2/languages?id=uk&lang={language}")["name"] == locale.languages["uk"]
    assert read(atlas, f"/v2/scripts/Cyrl?lang={language}")["name"] == locale.scripts["Cyrl"]


@pytest.mark.covers("G9")
def test_a_name_that_a_language_lacks_is_shown_in_english(atlas: Server) -> None:
    """CLDR calls Sark by its name in English only."""
    assert "CQ" not in Locale.parse("de").territories
    assert read(atlas, "/v2/territories/CQ?lang=de")["name"] == Locale.parse("en").territories["CQ"]


@pytest.mark.covers("G4")
@pytest.mark.parametrize(("resource", "names"), [
    ("currencies", "currencies"), ("territories", "territories"), ("scripts", "scripts"), ("languages", "languages"),
])
def test_all_records_bear_the_names_of_babel(atlas: Server, resource: str, names: str) -> None:
    """Every record of a resource, and none that Babel does not name."""
    known = {code.replace("_", "-"): name for code, name in getattr(Locale.parse("en"), names).items()}
    found = {record["code"]: record["name"] for record in everything(atlas, resource)}
    assert found.items() <= known.items()
    assert known.keys() - found.keys() <= {
        "XXX", "XTS", "ZZ", "XA", "XB", "Zinh", "Zxxx", "Zyyy", "Zzzz", "und", "mul", "zxx",
    }


def test_a_territory_holds_its_languages_and_currencies(atlas: Server) -> None:
    """Nested records keep dates, shares, flags and nulls."""
    austria = read(atlas, "/v2/territories/AT")
    assert {"currency": "ATS", "since": "1947-12-04", "until": "2002-02-28", "tender": True} in austria["currencies"]
    assert {"currency": "EUR", "since": "1999-01-01", "until": None, "tender": True} in austria["currencies"]
    german = get_global("territory_languages")["AT"]["de"]
    assert austria["languages"][0] == {
        "language": "de", "script": None, "population_percent": german["population_percent"], "status": "official",
    }
    assert austria["currency"] == ["EUR"]
    assert (austria["kind"], austria["areas"], austria["timezones"]) == ("territory", ["Europe"], ["Europe/Vienna"])


@pytest.mark.covers("G3")
def test_several_territories_are_answered_at_once(atlas: Server) -> None:
    """The found ones, with 206 where one is unknown."""
    answer = atlas.get("/v2/territories?ids=LI,AT,nowhere")
    assert answer.status_code == 206
    assert [record["code"] for record in answer.json()] == ["LI", "AT"]


@pytest.mark.covers("G2")
@pytest.mark.parametrize("path", [
    "/v2/timezones/Europe/Berlin", "/v2/timezones/Europe%2FBerlin", "/v2/timezones/Europe%2fBerlin/",
    "/v2/timezones?id=Europe/Berlin", "/v2/timezones?id=Europe%2FBerlin",
])
def test_a_key_with_a_slash_is_found_however_it_is_written(atlas: Server, path: str) -> None:
    """A slash in an id may be escaped or not."""
    berlin = read(atlas, f"{path}{'&' if '?' in path else '?'}lang=de")
    assert berlin["id"] == "Europe/Berlin"
    assert (berlin["territory"], berlin["city"], berlin["meta_zone"]) == ("DE", "Berlin", "Europe_Central")
    assert berlin["name"] == Locale.parse("de").meta_zones["Europe_Central"]["long"]["generic"]
    assert (berlin["offset"], berlin["summer_offset"]) == ("+01:00", "+02:00")


def test_zones_under_a_former_name_keep_their_cities(atlas: Server) -> None:
    """CLDR files Kyiv and Kolkata under names that the time zone database has given up."""
    assert read(atlas, "/v2/timezones/Europe/Kyiv?lang=de")["city"] == "Kiew"
    assert read(atlas, "/v2/timezones/Asia/Kolkata?lang=es")["city"] == "Calcuta"


def test_filters_choose_by_lists_choices_and_flags(atlas: Server) -> None:
    """What fits any of several values, and all of several filters."""
    german = set(read(atlas, "/v2/territories?official_languages=de"))
    assert {"DE", "AT", "CH", "LI"} <= german
    assert "NL" not in german
    areas = {record["code"]: record["areas"] for record in everything(atlas, "territories")}
    assert set(read(atlas, "/v2/territories?areas=Africa")) == {code for code, own in areas.items() if "Africa" in own}
    regions = read(atlas, "/v2/territories?kind=region")
    assert "150" in regions
    assert "DE" not in regions
    both = read(atlas, "/v2/territories?official_languages=de&currency=CHF")
    assert sorted(both) == ["CH", "LI"]
    assert "DEM" not in read(atlas, "/v2/currencies?current=true")
    assert "DEM" in read(atlas, "/v2/currencies?current=false")


def test_search_finds_by_the_beginning_of_a_name_in_the_language_asked(atlas: Server) -> None:
    """In any case, and only in the names of that language."""
    assert read(atlas, "/v2/territories?search=GERM") == ["DE"]
    assert read(atlas, "/v2/territories?search=deutschl&lang=de") == ["DE"]
    assert read(atlas, "/v2/territories?search=deutschl&lang=fr") == []
    assert read(atlas, "/v2/territories?search=德&lang=zh") == ["DE"]


@pytest.mark.covers("G5")
def test_pages_of_a_filtered_list_tell_totals_and_where_the_others_are(atlas: Server) -> None:
    """Following `next` shows each record of the list once."""
    fitting = read(atlas, "/v2/currencies?current=true")
    found: list[str] = []
    path: str | None = "/v2/currencies?current=true&page=0&page_size=50"
    while path is not None:
        answer = atlas.get(path)
        assert answer.headers["x-result-total"] == str(len(fitting))
        assert answer.headers["x-page-size"] == "50"
        found += [record["code"] for record in answer.json()]
        assert answer.headers["x-result-count"] == str(len(answer.json()))
        path = answer.links["next"]["url"] if "next" in answer.links else None
    assert found == fitting


def test_sorting_follows_the_language(atlas: Server) -> None:
    """The same territories, by their names in that language."""
    path = "/v2/territories?official_languages=de&page=0&page_size=50"
    german = [record["name"] for record in read(atlas, f"{path}&sort=name&lang=de")]
    assert len(german) > 3
    assert german == sorted(german, key=str.casefold)
    spanish = [record["name"] for record in read(atlas, f"{path}&sort=name&lang=es")]
    assert spanish == sorted(spanish, key=str.casefold)
    assert sorted(german) != sorted(spanish)


def test_every_reference_leads_to_a_record(atlas: Server) -> None:
    """Publication proves it; this counts again, from outside."""
    kept = {name: everything(atlas, name) for name in RESOURCES}
    keys = {name: {record.get("code", record.get("id")) for record in records} for name, records in kept.items()}
    for territory in kept["territories"]:
        assert set(territory["official_languages"]) <= keys["languages"]
        assert {each["language"] for each in territory["languages"]} <= keys["languages"]
        assert {each["script"] for each in territory["languages"]} - {None} <= keys["scripts"]
        assert {each["currency"] for each in territory["currencies"]} <= keys["currencies"]
        assert set(territory["timezones"]) <= keys["timezones"]
    assert {zone["territory"] for zone in kept["timezones"]} <= keys["territories"]


def test_the_demo_is_read_in_a_moment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever starts the demo waits for this; it takes a third of a second on a small machine."""
    monkeypatch.syspath_prepend(str(CATALOG.parent))
    import cldr

    started = time.process_time()
    rows = [list(reader()) for reader in (
        cldr.read_currencies, cldr.read_languages, cldr.read_scripts, cldr.read_territories, cldr.read_timezones,
    )]
    assert sum(map(len, rows)) > 1_500
    assert time.process_time() - started < 1.5
