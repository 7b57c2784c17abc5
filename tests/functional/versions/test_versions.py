"""What each version of the schema is answered, by parameter and by header, in every dialect (G10)."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ...conftest import Server

CATALOG = (Path(__file__).parent / "catalog.py").read_text()
MODIFIED = "2024-07-20T00:00:00Z"
ACCOUNT = {"id": "a-1", "name": "Alice", "wvw": {"team_id": 11001, "rank": 7}, "build_storage_slots": 3, "last_modified": MODIFIED}
RANKED = {"id": "a-1", "name": "Alice", "wvw_rank": 7, "build_storage_slots": 3, "last_modified": MODIFIED}
LATEST, EARLIEST = "2024-07-20T01:00:00Z", "earliest"


def without(record: dict[str, Any], *names: str) -> dict[str, Any]:
    """A record without some fields."""
    return {name: value for name, value in record.items() if name not in names}


@pytest.fixture(scope="module")
def server(serve: Callable[..., Server]) -> Server:
    """The interface with its history."""
    return serve(catalog=CATALOG)


STAGES = [
    ("latest", ACCOUNT), ("2024-07-20T01:00:00Z", ACCOUNT), ("2024-07-20T01:00:00.000Z", ACCOUNT), ("2999-01-01", ACCOUNT),
    ("2024-07-20T00:59:59.999Z", RANKED), ("2019-12-19T00:00:00.000Z", RANKED),
    ("2019-12-18", without(RANKED, "build_storage_slots")), ("2019-02-21T00:00Z", without(RANKED, "build_storage_slots")),
    ("2018-01-01", {"id": "a-1", "name": "Alice", "wvw_rank": 7}), (None, {"id": "a-1", "name": "Alice", "wvw_rank": 7}),
]


@pytest.mark.covers("G10")
@pytest.mark.parametrize(("version", "account"), STAGES, ids=[str(stage[0]) for stage in STAGES])
def test_the_account_of_every_version(server: Server, keys: dict[str, str], version: str | None, account: dict[str, Any]) -> None:
    """By `v`, percent-encoded or not, and by header, where the parameter wins; the earliest where none is asked for."""
    parameters = {"access_token": keys["gw2"]}
    by_name = {} if version is None else {"v": version}
    by_header = {} if version is None else {"X-Schema-Version": version}
    for answer in (server.get("/v2/account", params={**parameters, **by_name}),
                   server.get("/v2/account", params=parameters, headers=by_header),
                   server.get("/v2/account", params={**parameters, **by_name},
                              headers={"X-Schema-Version": "2020-01-01" if by_name else EARLIEST})):
        assert answer.json() == account
        assert list(answer.json()) == list(account)
        assert "X-Schema-Version" in answer.headers["vary"]
    assert server.get("/v2/account", params={**parameters, **by_name}).headers["x-schema-version"] in (
        LATEST, "2023-06-01T00:00:00Z", "2019-12-19T00:00:00Z", "2019-02-21T00:00:00Z", EARLIEST)


@pytest.mark.covers("G10")
@pytest.mark.parametrize("version", [
    "", "never", "2024", "2024-13", "2024-07-20T01:00:00", "2024-07-20 01:00:00Z", "2024-07-20T01:00:00+00:00", "LATEST", "latest ",
    "2024-07-20T01:00:00.0000000Z", "9" * 999,
])
def test_nonsense_is_no_version(server: Server, version: str) -> None:
    """It is told, with the remedy."""
    answer = server.get("/v2/recipes/1", params={"v": version})
    assert answer.status_code == 400
    assert "invalid schema version" in answer.json()["text"]
    assert "latest" in answer.json()["text"]
    assert "x-schema-version" not in answer.headers


RECIPE = {"id": 1, "type": "Soup", "min_rating": 0, "ingredients": [
    {"type": "Item", "id": 12134, "count": 2}, {"type": "Currency", "id": 23, "count": 5}, {"type": "GuildUpgrade", "id": 570, "count": 1}]}
OLD_INGREDIENTS = {"ingredients": [{"item_id": 12134, "count": 2}], "guild_ingredients": [{"upgrade_id": 570, "count": 1}]}


@pytest.mark.covers("G10")
@pytest.mark.parametrize(("version", "recipe"), [
    ("latest", RECIPE), ("2022-03-09T02:00:00Z", RECIPE),
    ("2022-03-09T01:59:59Z", {**without(RECIPE, "ingredients"), **OLD_INGREDIENTS}),
    (None, {"id": 1, "type": "Soup", "level": 0, **OLD_INGREDIENTS}),
])
def test_recipes_of_every_version_in_every_dialect(
    server: Server, keys: dict[str, str], version: str | None, recipe: dict[str, Any],
) -> None:
    """One record and lists; extra fields where they are asked for, under the names of the version."""
    asked = {} if version is None else {"v": version}
    assert server.get("/v2/recipes/1", params=asked).json() == recipe
    assert server.get("/v2/recipes", params={"ids": "all", **asked}).json()[0] == recipe
    assert server.get("/v2/recipes", params={"page": 0, "page_size": 1, **asked}).json() == [recipe]
    assert server.get("/v2/recipes", params={"ids": "2,1", **asked}).json()[1] == recipe
    extra = ",".join(name for name in recipe if name.endswith("ingredients"))
    lesta = server.get("/tyria/data/recipes/", params={"application_id": keys["application"], "id": 1, "extra": extra, **asked}).json()
    assert lesta["data"] == {"1": recipe}
    dast = server.get("/api/recipes/get", params={"api_token": keys["api-token"], "id": 1, **asked}).json()
    assert dast["data"] == recipe
    webmaster = server.get("/api/rest/data/json/recipes", params={"remote_auth": keys["remote-auth"], "limit": 1, **asked}).json()
    assert webmaster["data"] == [recipe]
    csv = server.get("/api/rest/data/csv/recipes", params={"remote_auth": keys["remote-auth"], "limit": 1, **asked}).text
    assert csv.split("\r\n")[2] == ",".join(recipe)


CATEGORY = {"id": 3, "name": "Winter", "state": "closed", "order": 3, "achievements": [{"id": 9, "level": []}]}


@pytest.mark.covers("G10")
@pytest.mark.parametrize(("version", "category"), [
    ("latest", CATEGORY), ("2023-05-31", {**CATEGORY, "achievements": [{"id": 9, "levels": []}]}),
    ("2022-03-23", {**CATEGORY, "achievements": [9]}), ("2021-04-30", {**CATEGORY, "achievements": [9], "state": "over"}),
    (None, {**CATEGORY, "achievements": [9], "state": "over", "order": "#3"}),
])
def test_nested_records_and_values_of_every_version(server: Server, version: str | None, category: dict[str, Any]) -> None:
    """A change of a nested record holds wherever it stands, and as long as it stands there."""
    asked = {} if version is None else {"v": version}
    assert server.get("/v2/achievements/categories/3", params=asked).json() == category


@pytest.mark.covers("G10")
@pytest.mark.parametrize(("query", "ids"), [
    ("v=latest&state=open", [1]), ("v=latest&state=open,daily", [1, 2]), ("v=2021-04-30&state=open", [1, 2]),
    ("v=2021-04-30&state=over", [3]),
    ("state=open&order=%232", [1]), ("order=%231,%233", [2, 3]), ("v=latest&order=2", [1]), ("v=latest&sort=-order", [3, 1, 2]),
    ("v=2021-01-01&sort=order", [2, 1, 3]), ("search=h", [2]), ("lang=de&search=sch", [1]),
])
def test_filters_and_sorts_are_meant_as_of_their_version(server: Server, query: str, ids: list[int]) -> None:
    """Under the names and with the values of then."""
    found = server.get(f"/v2/achievements/categories?ids=all&{query}")
    assert [each["id"] for each in found.json()] == ids, found.text


@pytest.mark.parametrize(("query", "told"), [
    ("v=latest&state=over", "state"), ("v=2021-04-30&state=daily", "state"), ("sort=order", "sort"), ("v=latest&order=%231", "order"),
])
def test_what_a_version_does_not_know_is_told_in_its_words(server: Server, query: str, told: str) -> None:
    """Values, names and orders of another version."""
    answer = server.get(f"/v2/achievements/categories?ids=all&{query}")
    if told == "sort":
        assert [each["id"] for each in answer.json()] == [1, 2, 3]      # gw2 ignores what makes no sense there
    else:
        assert answer.status_code == 400
        assert f"{told}:" in answer.json()["text"]


@pytest.mark.parametrize(("query", "value"), [
    ("order=first", "first"), ("order=%231,second", "second"), (f"order={'9' * 5_000}", "9" * 100), ("order=%23", None),
    ("order=%239", None), (f"order={'9' * 50}", "9" * 50),
])
def test_a_filter_of_then_whose_value_means_nothing_today_is_told(server: Server, query: str, value: str | None) -> None:
    """And is no failure of ours, whatever `forward` makes of it: texts that are none of its own, and numbers past all bounds."""
    answer = server.get(f"/v2/achievements/categories?ids=all&{query}")
    if value is None:
        assert answer.json() == []
    else:
        assert answer.status_code == 400
        assert all(part in answer.json()["text"] for part in ("order:", value, "stands for nothing")), answer.text


@pytest.mark.parametrize(("parameters", "answered"), [
    ({"name": "near", "share": 100}, 1), ({"name": "far", "share": 50}, 18), ({"name": "middle", "share": 1}, "name"),
    ({"name": "near", "share": 0}, "share"),
])
def test_an_argument_of_then_that_means_nothing_today_is_told(
    server: Server, keys: dict[str, str], parameters: dict[str, Any], answered: int | str,
) -> None:
    """By its name of then."""
    answer = server.get("/v2/maps/zoom", params=parameters)
    webmaster = server.get("/api/rest/maps/json/zoom", params={"remote_auth": keys["remote-auth"], **parameters}).json()
    if isinstance(answered, int):
        assert (answer.json(), webmaster["data"]) == (answered, [answered])
    else:
        assert (answer.status_code, webmaster["status"]) == (400, 400)
        assert f"{answered}: invalid value" in webmaster["error"], webmaster


@pytest.mark.covers("G10")
def test_fields_are_chosen_by_their_names_of_then(server: Server, keys: dict[str, str]) -> None:
    """And unknown ones of another version are told."""
    ask: dict[str, Any] = {"application_id": keys["application"], "id": 1}
    recipes = "/tyria/data/recipes/"
    assert server.get(recipes, params={**ask, "fields": "level"}).json()["data"] == {"1": {"level": 0}}
    assert server.get(recipes, params={**ask, "fields": "min_rating"}).json()["status"] == "error"
    assert server.get(recipes, params={**ask, "fields": "min_rating", "v": "latest"}).json()["data"] == {"1": {"min_rating": 0}}
    nested = server.get("/tyria/achievements/categories/", params={**ask, "fields": "achievements.levels", "v": "2023-01-01"}).json()
    assert nested["data"] == {"1": {"achievements": [{"levels": [1, 80]}]}}


@pytest.mark.covers("G10")
def test_what_came_later_and_what_has_gone_is_not_there(server: Server) -> None:
    """Each in its time, and told when that is."""
    for path, version, status in (
        ("mounts", "2021-08-31", 404), ("mounts", "2021-09-01", 200), ("mounts", None, 404), ("mounts", "latest", 200),
        ("cats", "2020-05-31", 200), ("cats", "2020-06-01", 404), ("cats", None, 200), ("cats", "latest", 404),
    ):
        answer = server.get(f"/v2/{path}/1", params={} if version is None else {"v": version})
        assert answer.status_code == status, (path, version)


@pytest.mark.covers("G10")
def test_a_key_is_asked_for_by_its_name_of_then(server: Server, keys: dict[str, str]) -> None:
    """In the dialects that name it."""
    for version, name, other in (("2022-01-01", "id", "mount_id"), ("latest", "mount_id", "id")):
        lesta = server.get("/tyria/data/mounts/", params={"application_id": keys["application"], name: 1, "v": version}).json()
        assert lesta["data"]["1"][name] == 1
        dast = server.get("/api/mounts/get", params={"api_token": keys["api-token"], name: 1, "v": version}).json()
        assert dast["data"][name] == 1
        wrong = server.get("/api/mounts/get", params={"api_token": keys["api-token"], other: 1, "v": version}).json()
        assert not wrong["success"]
        webmaster = server.get("/api/rest/data/json/mounts", params={"remote_auth": keys["remote-auth"], name: "1", "v": version}).json()
        assert webmaster["data"] == {"total": 1, "items": {"1": {name: 1, "name": "Raptor"}}}
        missing = server.get("/api/mounts/get", params={"api_token": keys["api-token"], name: 7, "v": version}).json()
        assert f"{name} parameter" in missing["error"][0]["message"]


@pytest.mark.covers("G10", "W4")
def test_positions_are_those_of_their_version(server: Server, keys: dict[str, str]) -> None:
    """Filters under their names of then, in the order of then."""
    base, auth = "/api/rest/achievements/json/categories", {"remote_auth": keys["remote-auth"]}
    assert [each["id"] for each in server.get(f"{base}/over", params=auth).json()["data"]] == [3]
    assert [each["id"] for each in server.get(f"{base}/open/-/-/-/-/-/%232", params=auth).json()["data"]] == [1]
    assert [each["id"] for each in server.get(f"{base}/closed", params={**auth, "v": "latest"}).json()["data"]] == [3]
    assert server.get(f"{base}/over", params={**auth, "v": "latest"}).json()["status"] == 400


POINT, FLAT = {"x": 1, "y": 2, "floor": 3}, {"x": 1, "y": 2}


@pytest.mark.covers("G10")
@pytest.mark.parametrize(("version", "sent", "understood"), [
    ("latest", {"start": POINT, "end": POINT, "unit": "foot"}, ("1,2,3", "1,2,3", "foot", "1")),
    ("2022-06-01", {"start": FLAT, "end": FLAT, "unit": "foot", "steps": 5}, ("1,2,0", "1,2,0", "foot", "5")),
    (None, {"start": FLAT, "finish": FLAT}, ("1,2,0", "1,2,0", "inch", "2")),
    (None, {"start": FLAT, "finish": {"x": 5, "y": 6}, "unit": "foot", "steps": 1}, ("1,2,0", "5,6,0", "foot", "1")),
])
def test_calls_are_meant_as_of_their_version(
    server: Server, keys: dict[str, str], version: str | None, sent: dict[str, Any], understood: tuple[str, ...],
) -> None:
    """Parameters, their defaults, and records in them; in JSON and in XML by the schema of then."""
    asked = {} if version is None else {"v": version}
    expected = dict(zip(("start", "end", "unit", "steps"), understood, strict=True))
    assert server.ask("POST", "/v2/maps/distance", params=asked, json=sent).json() == expected
    auth = {"remote_auth": keys["remote-auth"], **asked}
    assert server.ask("POST", "/api/rest/maps/json/distance", params=auth, json=sent).json()["data"] == [expected]
    document = "".join(f"<{name}>{''.join(f'<{x}>{y}</{x}>' for x, y in value.items()) if isinstance(value, dict) else value}</{name}>"
                       for name, value in sent.items())
    body = f"<distanceRequestData>{document}</distanceRequestData>"
    answer = server.ask("POST", "/api/rest/maps/xml/distance", params=auth, content=body)
    assert f'<item key="start">{expected["start"]}</item>' in answer.text, answer.text
    assert f'<item key="steps">{expected["steps"]}</item>' in answer.text


@pytest.mark.parametrize(("version", "sent", "told"), [
    ("latest", {"start": POINT, "finish": POINT, "unit": "foot"}, "end"), (None, {"start": {"x": 1}, "finish": FLAT}, "start.y"),
    (None, {"start": FLAT, "end": FLAT}, "finish"), ("2022-06-01", {"start": FLAT, "end": FLAT}, "unit"),
    (None, {"start": FLAT, "finish": FLAT, "steps": 0}, "steps"),
])
def test_errors_name_parameters_as_they_were_asked(server: Server, version: str | None, sent: dict[str, Any], told: str) -> None:
    """In the words of the version."""
    answer = server.ask("POST", "/v2/maps/distance", params={} if version is None else {"v": version}, json=sent)
    assert answer.status_code == 400
    assert f"{told}:" in answer.json()["text"]


@pytest.mark.covers("G10")
def test_what_methods_return_is_shown_as_of_the_version(server: Server, keys: dict[str, str]) -> None:
    """As records of resources are."""
    for version, names in (("latest", list(ACCOUNT)), ("2018-01-01", ["id", "name", "wvw_rank"])):
        answer = server.get("/v2/maps/who", params={"access_token": keys["gw2"], "v": version})
        assert list(answer.json()) == names


def test_answers_of_two_versions_are_never_taken_for_each_other(server: Server) -> None:
    """Their entity tags differ where they do."""
    tags = {version: server.get("/v2/recipes/1", params={"v": version}).headers["etag"] for version in ("latest", "2021-01-01", "earliest")}
    assert len(set(tags.values())) == 3
    for version, tag in tags.items():
        held = server.get("/v2/recipes/1", params={"v": version}, headers={"If-None-Match": tag})
        assert held.status_code == 304
        assert "X-Schema-Version" in held.headers["vary"]


@pytest.mark.covers("G10", "G11")
def test_the_versions_are_listed_with_what_they_changed(server: Server) -> None:
    """Each can be asked for as it stands there."""
    listed = server.get("/v2.json", params={"v": "latest"}).json()["schema_versions"]
    assert [each["v"] for each in listed] == sorted((each["v"] for each in listed), reverse=True)
    assert listed[0] == {"v": LATEST, "desc": "Account: `wvw` holds the team and the rank, which was `wvw_rank`."}
    assert {"v": "2021-09-01T00:00:00Z", "desc": "New: mounts."} in listed
    assert {"v": "2020-06-01T00:00:00Z", "desc": "Gone: cats."} in listed
    for each in listed:
        assert server.get("/v2/recipes/1", params={"v": each["v"]}).headers["x-schema-version"] == each["v"]


@pytest.mark.covers("G10")
@pytest.mark.parametrize(("path", "version", "remedy"), [
    ("mounts", "2021-08-31", "Ask for version 2021-09-01T00:00:00Z or later."),
    ("cats", "latest", "Ask for a version before 2020-06-01T00:00:00Z."),
])
def test_what_is_not_in_a_version_is_told_with_one_in_which_it_is(server: Server, path: str, version: str, remedy: str) -> None:
    """So that nobody takes it for a typing mistake."""
    answer = server.get(f"/v2/{path}/1", params={"v": version})
    assert (answer.status_code, answer.json()) == (404, {"text": f"no such endpoint in this version. {remedy}"})
