"""Keys tell of themselves, and make weaker ones: `tokeninfo` and `createsubtoken`."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from urllib.parse import urlencode

import pytest

from .conftest import EVERYTHING, League


@pytest.fixture(scope="module")
def league(serve: Callable[..., League]) -> League:
    """One is enough: nothing here asks the database for more than a record."""
    return serve()


def derive(league: League, key: str = "alice", **asked: str) -> str:
    """A subtoken of a key."""
    answer = league.get(f"/v2/createsubtoken?{urlencode(asked)}", key)
    assert answer.status_code == 200, answer.text
    assert list(answer.json()) == ["subtoken"]
    return str(answer.json()["subtoken"])


def info(league: League, key: str) -> dict[str, object]:
    """What a key tells of itself."""
    found: dict[str, object] = league.get("/v2/tokeninfo", key).json()
    return found


def in_time(seconds: float) -> str:
    """A time from now, as clients write it."""
    return (datetime.now(UTC) + timedelta(seconds=seconds)).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def test_a_key_tells_its_id_its_name_and_its_permissions(league: League) -> None:
    """Whichever it is, in any language that is published; kept by nobody."""
    assert info(league, "alice") == {"id": "id-of-alice", "name": "the key id-of-alice", "permissions": EVERYTHING}
    assert info(league, "alice-weak") == {"id": "id-of-alice-weak", "name": "the key id-of-alice-weak", "permissions": []}
    answer = league.get("/v2/tokeninfo/?lang=de&v=latest", "unlinked")
    assert (answer.status_code, answer.headers["cache-control"], answer.headers.get("etag")) == (200, "no-store", None)
    assert league.text("/v2/tokeninfo") == (403, "endpoint requires authentication")
    assert league.text("/v2/tokeninfo", "nonsense") == (403, "invalid key")
    assert league.text("/v2/tokeninfo", "disabled") == (403, "invalid key: it is disabled")
    assert league.text("/v2/createsubtoken") == (403, "endpoint requires authentication")


def test_a_subtoken_may_do_what_its_key_may(league: League) -> None:
    """Where nothing else is asked for."""
    assert info(league, derive(league))["permissions"] == EVERYTHING
    assert league.get("/v2/account", derive(league)).json() == league.get("/v2/account", "alice").json()


@pytest.mark.parametrize(("asked", "given"), [
    ("letters", ["letters"]), ("progression,account", ["account", "progression"]), ("account, letters,", ["account", "letters"]),
    ("", []),
])
def test_a_subtoken_has_some_of_the_permissions(league: League, asked: str, given: list[str]) -> None:
    """None, where none are named; each endpoint and field needs its own as ever."""
    subtoken = derive(league, permissions=asked)
    assert info(league, subtoken)["permissions"] == given
    assert league.get("/v2/account/letters", subtoken).status_code == (200 if "letters" in given else 403)
    assert ("rank" in league.get("/v2/account", subtoken).text) is ({"account", "progression"} <= set(given))


def test_a_subtoken_ends_at_its_time_and_with_its_key(league: League) -> None:
    """Never later than the key that it was made of."""
    brief = derive(league, expire=in_time(1.5))
    assert league.get("/v2/tokeninfo", brief).status_code == 200
    child = derive(league, brief, expire="2099-01-01T00:00:00Z")
    assert league.get("/v2/tokeninfo", child).status_code == 200
    time.sleep(1.6)
    assert league.text("/v2/tokeninfo", brief) == (403, "invalid key: it has expired")
    assert league.text("/v2/tokeninfo", child) == (403, "invalid key: it has expired")
    assert league.get("/v2/tokeninfo", derive(league, "brief")).status_code == 200


@pytest.mark.parametrize(("urls", "open", "closed"), [
    ("/v2/account/letters", ["/v2/account/letters", "/v2/account/letters/", "/v2/account/letters?page=0", "/v2/account/letters/3",
                             "/v2/account/%6Cetters/3"],
     ["/v2/account", "/v2/account/home", "/v2/tokeninfo", "/v2/players/info/1"]),
    ("/v2/account/letters/3", ["/v2/account/letters/3", "/v2/account/letters/3/"],
     ["/v2/account/letters", "/v2/account/letters/30", "/v2/account/letters?id=3", "/v2/account/letters?ids=3"]),
    ("/v2/account/,/v2/tokeninfo", ["/v2/account", "/v2/account/home", "/v2/tokeninfo"], ["/v2/plans"]),
    ("/v2/account/cargo/te%61", ["/v2/account/cargo/tea", "/v2/account/cargo/%74ea"],
     ["/v2/account/cargo", "/v2/account/cargo/te", "/v2/account/cargo?id=tea", "/v2/account%2Fcargo/tea"]),
])
def test_a_subtoken_works_at_its_addresses_alone(league: League, urls: str, open: list[str], closed: list[str]) -> None:
    """Each is a path with what lies below it, however it is written."""
    subtoken = derive(league, urls=urls)
    for path in open:
        assert league.get(path, subtoken).status_code == 200, path
    for path in closed:
        assert league.text(path, subtoken) == (
            (403, "this key is limited to other endpoints") if "%2F" not in path else (404, "no such endpoint")), path
    assert league.get("/v2/ships", subtoken).status_code == 200


def test_a_subtoken_makes_none_that_is_stronger(league: League) -> None:
    """Neither in permissions nor in addresses nor in time."""
    weak = derive(league, permissions="letters", urls="/v2/account/letters,/v2/createsubtoken", expire=in_time(600))
    assert league.text("/v2/createsubtoken?permissions=account", weak) == (
        400, "permissions: your key has no such permission `account`. Use some of letters.")
    assert league.text("/v2/createsubtoken?urls=/v2/account", weak) == (
        400, "urls: your key is limited to other endpoints `/v2/account`. Use paths below /v2/account/letters, /v2/createsubtoken.")
    child = derive(league, weak)
    assert league.get("/v2/account/letters", child).status_code == 200
    assert league.text("/v2/account", child) == (403, "this key is limited to other endpoints")
    assert league.get("/v2/account/letters/3", derive(league, weak, urls="/v2/account/letters/3")).status_code == 200
    assert league.text("/v2/createsubtoken", derive(league, urls="/v2/account"))[0] == 403


LATER = "Name a time to come, such as 2030-01-01T00:00:00Z."
TIME = "Expected date and time with a zone (2024-06-01T12:00:00Z) or null."
PATHS = "Write paths such as /v2/characters, percent-encoded, without parameters."


@pytest.mark.parametrize(("asked", "told"), [
    ("permissions=account,gold", f"permissions: your key has no such permission `gold`. Use some of {', '.join(EVERYTHING)}."),
    ("expire=2001-01-01T00:00:00Z", f"expire: this time is past `2001-01-01 00:00:00+00:00`. {LATER}"),
    ("expire=tomorrow", f"expire: invalid value `tomorrow`. {TIME}"),
    ("expire=2099-01-01T00:00:00", f"expire: invalid value `2099-01-01T00:00:00`. {TIME}"),
    ("urls=account", f"urls: not a path `account`. {PATHS}"),
    ("urls=/v2/account?id=1", f"urls: not a path `/v2/account?id=1`. {PATHS}"),
    ("urls=/", f"urls: not a path `/`. {PATHS}"),
    ("urls=" + ",".join(f"/v2/account/{number:04}" for number in range(100)),
     "urls: too many `100`. Name paths of at most 800 bytes together."),
])
def test_what_makes_no_subtoken_is_told_with_the_remedy(league: League, asked: str, told: str) -> None:
    """All are 400."""
    assert league.text(f"/v2/createsubtoken?{asked}", "alice") == (400, told)


def test_no_secret_is_logged(league: League) -> None:
    """Neither a key nor what was derived from it."""
    subtoken = derive(league)
    assert league.get(f"/v2/account?access_token={subtoken}").status_code == 200
    assert league.get("/v2/account?access_token=alice-weak").status_code == 403
    assert subtoken not in league.logged
    assert "access_token" not in league.logged
