"""What belongs to somebody exists for nobody else: over HTTP, on SQLite and on PostgreSQL."""

from __future__ import annotations

import time

import httpx
import pytest

from .conftest import LETTERS, League

HERS = [row[0] for row in LETTERS if row[1] == 1]
HIS = [row[0] for row in LETTERS if row[1] == 2]


# ---------------------------------------------------------------------------------------- who may ask at all


@pytest.mark.covers("G6", "G7")
def test_a_key_comes_by_header_or_by_parameter(league: League) -> None:
    """Both are the same; the parameter is the more deliberate where they differ."""
    assert league.get("/v2/account", "alice").json()["name"] == "Alice"
    assert league.get("/v2/account?access_token=bob").json()["name"] == "Bob"
    assert league.get("/v2/account?access_token=bob", "alice").json()["name"] == "Bob"
    assert league.get("/v2/account", None, authorization="bearer alice").json()["name"] == "Alice"


@pytest.mark.covers("G7")
@pytest.mark.parametrize("path", ["/v2/account", "/v2/account/letters", "/v2/account/letters/3", "/v2/account/letters?page=0",
                                  "/v2/plans", "/v2/plans?ids=all", "/v2/account/counting"])
def test_without_a_good_key_the_reason_is_told(league: League, path: str) -> None:
    """Each with a text of its own, and 403."""
    assert league.text(path) == (403, "endpoint requires authentication")
    assert league.text(path, "nonsense") == (403, "invalid key")
    assert league.text(path + ("&" if "?" in path else "?") + "access_token=") == (403, "invalid key")
    assert league.text(path, "ended") == (403, "invalid key: it has expired")
    assert league.text(path, "disabled") == (403, "invalid key: it is disabled")
    assert league.text(path, "banned") == (403, "invalid key: its account is banned")
    permission = "letters" if "letters" in path or "counting" in path else "plans" if "plans" in path else "account"
    assert league.text(path, "alice-weak") == (403, f"requires scope {permission}")


def test_any_key_will_do_where_no_permission_is_named(league: League) -> None:
    """But there has to be one, and it has to be good."""
    assert league.get("/v2/account/hello", "alice-weak").json() == "Hello, 1"
    assert league.get("/v2/account/home", "alice-weak").json() == {"id": "cabin", "player": 1, "rooms": 2}
    for path in ("/v2/account/hello", "/v2/account/home"):
        assert league.text(path) == (403, "endpoint requires authentication")
        assert league.text(path, "ended") == (403, "invalid key: it has expired")


@pytest.mark.covers("G14")
def test_a_stale_key_closes_no_open_door(league: League) -> None:
    """What is the same for everybody is answered, whatever is sent."""
    for path in ("/v2/ships", "/v2/ships/1", "/v2/ships?ids=all", "/v2", "/v2.json"):
        expected = league.get(path, **{"accept-encoding": "identity"})
        assert expected.status_code == 200
        for key in ("nonsense", "ended", "disabled", "alice"):
            answer = league.get(path, key, **{"accept-encoding": "identity"})
            assert (answer.status_code, answer.content, answer.headers["etag"]) == (
                200, expected.content, expected.headers["etag"])


@pytest.mark.parametrize("path", ["/v2/players/info/1", "/v2/scores?page=0", "/v2/weather"])
def test_a_stale_key_is_told_where_a_good_one_would_show_more(league: League, path: str) -> None:
    """Else its owner would wonder what became of the rest."""
    assert league.get(path).status_code == 200
    assert league.text(path, "ended") == (403, "invalid key: it has expired")


# ---------------------------------------------------------------------------------------- what is another's


@pytest.mark.covers("G7")
@pytest.mark.parametrize("ask", ["/v2/account/letters/{}", "/v2/account/letters?id={}", "/v2/account/letters?ids={}",
                                 "/v2/account/letters?ids={},3", "/v2/account/letters?ids=3,{}&page=0"])
def test_what_is_another_s_is_as_what_does_not_exist(league: League, ask: str) -> None:
    """Letter by letter, in every way of asking by id."""
    missing, foreign = league.get(ask.format(99_999), "alice"), league.get(ask.format(HIS[0]), "alice")
    assert (foreign.status_code, foreign.content) == (missing.status_code, missing.content)
    names = set(missing.headers) - {"x-request-id", "date"}
    assert {name: foreign.headers[name] for name in names} == {name: missing.headers[name] for name in names}
    assert league.get(ask.format(HIS[0]), "bob").json() != missing.json()


def test_timing_does_not_tell_what_exists(league: League) -> None:
    """The source is asked alike; the quicker ones of what was asked by turns, which a busy machine holds up least."""
    took: dict[int, list[float]] = {HIS[0]: [], 99_999: []}
    with httpx.Client(base_url=league.url, headers={"authorization": "Bearer alice"}) as client:
        for number in [*took] * 60:
            began = time.perf_counter()
            assert client.get(f"/v2/account/letters/{number}").status_code == 404
            took[number].append(time.perf_counter() - began)
    foreign_s, missing_s = (sorted(each)[6] for each in took.values())
    assert abs(foreign_s - missing_s) < max(0.002, missing_s / 4)


@pytest.mark.covers("G7")
def test_lists_pages_and_counts_hold_one_s_own_alone(league: League) -> None:
    """In every way of asking; pages together are the whole, and none has a hole where another's was."""
    for key, own in (("alice", HERS), ("bob", HIS), ("charlie", [])):
        ids = league.get("/v2/account/letters", key)
        assert ids.json() == own
        assert ids.headers["x-result-total"] == str(len(own))
        assert [letter["id"] for letter in league.get("/v2/account/letters?ids=all", key).json()] == own
        pages = [league.get(f"/v2/account/letters?page={page}&page_size=50", key) for page in range(-(-len(own) // 50) or 1)]
        assert [letter["id"] for page in pages for letter in page.json()] == own
        assert {page.headers["x-result-total"] for page in pages} == {str(len(own))}
        assert [len(page.json()) for page in pages[:-1]] == [50] * (len(pages) - 1)
        assert league.text(f"/v2/account/letters?page={len(pages)}&page_size=50", key)[0] == 400


@pytest.mark.parametrize(("question", "fits"), [
    ("addressee=2", lambda row: row[1] == 2),
    ("addressee=1,2", lambda _: True),
    ("subject=bob%20001,alice%20003", lambda row: row[0] in (1, 3)),
    ("search=bob", lambda row: row[2].startswith("bob")),
    ("search=alice%20000", lambda _: False),
    ("tags=new", lambda row: "new" in row[3]),
    ("tags=new&search=alice%20009", lambda row: row[0] == 9),
])
def test_filters_and_searches_never_reach_another_s(league: League, question: str, fits: object) -> None:
    """Neither those that the database compares nor those that it cannot; in the order asked."""
    assert callable(fits)
    for key, subject in (("alice", 1), ("bob", 2), ("charlie", 3)):
        own = [row[0] for row in LETTERS if row[1] == subject and fits(row)]
        up = league.get(f"/v2/account/letters?{question}&sort=subject", key)
        down = league.get(f"/v2/account/letters?{question}&sort=-subject&page=0&page_size=7", key)
        assert (up.json(), up.headers["x-result-total"]) == (own, str(len(own)))
        assert ([letter["id"] for letter in down.json()], down.headers["x-result-total"]) == (own[::-1][:7], str(len(own)))


@pytest.mark.parametrize(("key", "own"), [("alice", ["tea"]), ("bob", ["silk"]), ("named", ["rum"]), ("charlie", []),
                                          ("padded", []), ("odd", []), ("huge", []), ("unlinked", [])])
def test_owners_are_compared_letter_by_letter(league: League, key: str, own: list[str]) -> None:
    """`alice` is not `ALICE`, though the column itself would not tell them apart."""
    assert league.get("/v2/account/cargo", key).json() == own
    several = league.get("/v2/account/cargo?ids=tea,silk,rum,Ale", key)
    assert (several.status_code, [each["name"] for each in several.json()] if own else several.json()["text"]) == (
        (206, own) if own else (404, "all ids provided are invalid"))
    assert league.get("/v2/account/cargo/Ale", key).status_code == 404


@pytest.mark.parametrize("key", ["odd", "padded", "huge", "unlinked", "named"])
def test_a_subject_that_no_record_can_have_owns_nothing(league: League, key: str) -> None:
    """Where owners are integers, only an integer as it is written everywhere names one."""
    assert league.get("/v2/account/letters", key).json() == []
    assert league.get("/v2/account/letters?page=0", key).json() == []
    assert league.text("/v2/account/letters/3", key) == (404, "no such id")
    assert league.text("/v2/account", key) == (404, "the account of this key has no record here")


# ---------------------------------------------------------------------------------------- single resources


@pytest.mark.covers("G7")
def test_a_single_resource_is_its_caller_s_record(league: League) -> None:
    """Whatever else is asked for; fields that need more are left out."""
    alice = {"id": 1, "name": "Alice", "wallet": {"gold": 111, "rank": 1001}, "guild": "alice-guild"}
    for path in ("/v2/account", "/v2/account/", "/v2/account?id=2", "/v2/account?ids=all", "/v2/account?ids=1,2",
                 "/v2/account?page=0", "/v2/account?lang=de", "/v2/account?name=Bob"):
        assert league.get(path, "alice").json() == alice, path
    assert league.get("/v2/account", "alice-account").json() == {"id": 1, "name": "Alice", "wallet": {"gold": 111}}
    assert league.get("/v2/account", "bob").json()["guild"] == "bob-guild"
    assert league.text("/v2/account", "charlie") == (404, "the account of this key has no record here")
    assert league.text("/v2/account/1", "alice") == (404, "no such endpoint")


def test_two_records_of_one_owner_are_no_single_one(league: League) -> None:
    """Nobody could tell which was meant: the data are wrong, and the log says so."""
    assert league.get("/v2/account/home", "bob").status_code == 502
    assert "2 records belong to one owner" in league.logged


# ---------------------------------------------------------------------------------------- hidden fields


@pytest.mark.covers("G7")
def test_a_hidden_field_is_shown_to_the_owner_of_that_very_record(league: League) -> None:
    """In one answer some records show it and others do not; each needs the permission besides."""
    def infos(key: str | None) -> list[dict[str, object]]:
        shown: list[dict[str, object]] = league.get("/v2/players/info?ids=2,1", key).json()
        assert league.get("/v2/players/info?page=0", key).json() == shown[::-1]
        assert [league.get(f"/v2/players/info/{id}", key).json() for id in (2, 1)] == shown
        return shown

    bare = [{"id": 2, "nick": "Bob"}, {"id": 1, "nick": "Alice"}]
    assert infos(None) == infos("charlie") == infos("alice-weak") == infos("bob-progression") == infos("unlinked") == bare
    assert infos("alice") == [bare[0], {**bare[1], "wallet": {"gold": 111, "rank": 1001}}]
    assert infos("alice-account") == [bare[0], {**bare[1], "wallet": {"gold": 111}}]
    assert infos("bob") == [{**bare[0], "wallet": {"gold": 222, "rank": 2002}}, bare[1]]


def test_a_hidden_field_of_what_belongs_to_nobody_needs_the_permission_alone(league: League) -> None:
    """With it every record shows it."""
    assert league.get("/v2/scores/1").json() == {"id": 1, "points": 10}
    assert league.get("/v2/scores/1", "alice-weak").json() == {"id": 1, "points": 10}
    assert league.get("/v2/scores/1", "bob-progression").json() == {"id": 1, "points": 10, "trick": "trick-one"}


def test_nothing_that_is_asked_depends_on_what_is_hidden(league: League) -> None:
    """Filters on it are as those on unknown names, and it cannot be sorted by; not even by who may see it."""
    for name in ("trick", "wallet", "wallet.gold", "gold", "unknown"):
        for key in (None, "alice"):
            plain = league.get("/v2/scores", key)
            filtered = league.get(f"/v2/scores?{name}=trick-one", key)
            assert (filtered.json(), filtered.headers["x-result-total"]) == (plain.json(), plain.headers["x-result-total"])
            status, text = league.text(f"/v2/scores?sort={name}&page=0", key)
            assert (status, text) == (400, f"sort: cannot sort by this `{name}`. Use one of points, with - before it to reverse.")
    assert league.get("/v2/scores?search=trick").json() == [1, 2]


# ---------------------------------------------------------------------------------------- what is published


@pytest.mark.covers("G7")
def test_the_permissions_that_endpoints_need_are_public(league: League) -> None:
    """Those of the whole, and those of single fields."""
    routes = {route["path"]: route for route in league.get("/v2.json").json()["routes"]}
    told = {path: (route["auth"], route.get("permissions"), route.get("fields")) for path, route in routes.items()}
    assert told == {
        "/v2/ships": (False, None, None),
        "/v2/plans": (True, ["plans"], None),
        "/v2/players/info": (False, None, {"wallet": "account", "wallet.rank": "progression"}),
        "/v2/scores": (False, None, {"trick": "progression"}),
        "/v2/account": (True, ["account"], {"wallet.rank": "progression", "guild": "letters"}),
        "/v2/account/home": (True, None, None),
        "/v2/account/letters": (True, ["letters"], None),
        "/v2/account/counting": (True, ["letters"], None),
        "/v2/account/cargo": (True, ["cargo"], None),
        "/v2/account/hello": (True, None, None),
        "/v2/weather": (False, None, None),
        "/v2/tokeninfo": (True, None, None),
        "/v2/createsubtoken": (True, None, None),
    }
    listed = league.get("/v2").text.splitlines()
    assert {"/v2/account [a]", "/v2/ships [l]", "/v2/plans [a]", "/v2/tokeninfo [a]", "/v2/scores"} <= set(listed)


def test_what_is_published_for_some_needs_the_permission(league: League) -> None:
    """In each way of asking."""
    for path in ("/v2/plans", "/v2/plans/9", "/v2/plans?ids=9", "/v2/plans?page=0", "/v2/plans?name=Crane"):
        assert league.get(path, "alice").status_code == 200
        assert league.text(path)[0] == league.text(path, "alice-weak")[0] == 403
