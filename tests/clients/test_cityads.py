"""cityads-webmaster-api 1.5.0 from npm, unchanged, against a catalog of ours with the resources that it asks for."""

from __future__ import annotations

import dataclasses
import json
import os
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ..conftest import Server
from ..functional.room.grants.application import register
from ..functional.room.visitor import Room
from .npm import install

HERE = Path(__file__).parent / "webmaster"
STRANGER = "0" * 32
WEB_OFFERS, CHARGES, LEADS = 2_150, 1_001, 2_400
"""More than the client gets at once, which is 1,000."""
CATALOG = '''
"""A network, told with the names that the client knows."""
from datetime import date, timedelta
from decimal import Decimal
from typing import Annotated, Literal
from msgspec import Meta
from dragoman import Caller, Catalog, Filter, Key, Localized, MethodError, Named, Record, Rows, Sort

catalog = Catalog("network", languages=("en", "ru"), permissions={"account": "What is yours"})
Start, Limit = Annotated[int, Meta(ge=0)], Annotated[int, Meta(ge=1, le=1000)]

@catalog.resource("webmaster/geo", Rows(lambda: [{"id": 643, "name": {"en": "Russia", "ru": "Россия"}}]))
class Country(Record):
    id: Annotated[int, Key()]
    name: Localized

def read_offers():
    for number in range(2_200):
        yield {"id": 101 + number, "name": {"en": f"Shop {number}", "ru": f"Лавка {number}"}, "cpl": Decimal(number) / 10,
               "type": "web" if number < 2_150 else "mobile", "channels": [11, 12] if number == 1 else [11 + number % 2]}

@catalog.resource("webmaster/offers", Rows(read_offers), listed="keyed")
class Offer(Record):
    id: Annotated[int, Key(), Filter(), Sort(), Named(webmaster="ids")]
    name: Localized
    type: Annotated[Literal["web", "mobile", "api"], Filter(first=True, any="all")]
    cpl: Annotated[Decimal, Sort()]
    channels: Annotated[list[int], Filter(), Named(webmaster="traffic_channel_id")]

@catalog.method("webmaster/offer", listed="one")
def get_offer(offer_id: int) -> Offer | None:
    """One offer."""
    return next((Offer(**row) for row in read_offers() if row["id"] == offer_id), None)

class Link(Record):
    url: str
    is_default: bool

class Links(Record):
    items: list[Link]

@catalog.method("webmaster/offer-links", listed="one")
def get_offer_links(offer_id: int, traffic_channel_id: int | None = None) -> Links | None:
    """Where to send visitors."""
    if offer_id > 2_300:
        return None
    page = f"https://go.example/{offer_id}/{traffic_channel_id or ''}"
    return Links(items=[Link(url=page, is_default=True), Link(url=page + "/sale", is_default=False)])

# ------------------------------------------------------------------------------------------------ a webmaster's own

@catalog.resource("webmaster/profile", Rows(lambda: [{"id": 501, "name": "Alice"}, {"id": 502, "name": "Bob"}]),
                  live=True, single=True, permission="account", listed="one")
class Profile(Record):
    id: Annotated[int, Key()]
    name: str

def read_balances():
    yield {"id": 501, "currency": "EUR", "main_balance": Decimal("100.5"), "commission_hold_adv": Decimal(7),
           "commission_hold_city": Decimal("0.25"), "available_balance": Decimal("93.25")}

@catalog.resource("webmaster/balanceinfo", Rows(read_balances), live=True, single=True, permission="account", listed="one")
class Balance(Record):
    id: Annotated[int, Key()]
    currency: str
    main_balance: Decimal
    commission_hold_adv: Decimal
    commission_hold_city: Decimal
    available_balance: Decimal

def read_charges():
    for number in range(1_101):
        yield {"id": number, "webmaster_id": 502 if number < 100 else 501, "amount": Decimal(number) / 100}

@catalog.resource("webmaster/chargehistorylist", Rows(read_charges), owner="webmaster_id", live=True, permission="account", listed="paged")
class Charge(Record):
    id: Annotated[int, Key()]
    webmaster_id: int
    amount: Decimal

def read_channels():
    for id, name, active in ((11, "Letters", "1"), (12, "Blog", "1"), (13, "Old blog", "0")):
        yield {"id": id, "webmaster_id": 501, "name": name, "is_active": active}

@catalog.resource("webmaster/traffic_channels", Rows(read_channels), owner="webmaster_id", live=True, permission="account", listed="paged")
class Channel(Record):
    id: Annotated[int, Key()]
    webmaster_id: int
    name: str
    is_active: Literal["0", "1"]

# ------------------------------------------------------------------------------------------------ leads and what they bring

class WrongPeriod(MethodError):
    """A period ends after it begins."""
    status = 400

class Lead(Record):
    submissionID: str
    offerID: int
    channelID: int
    status: Literal["Open", "Approved", "Rejected"]
    commissionOpen: Decimal
    commissionApproved: Decimal
    commissionCancelled: Decimal
    wmCurrency: str
    leadTime: str
    saleTime: str | None
    xid: str

class Leads(Record):
    total: int
    items: list[Lead]

def leads_of(webmaster, date_from, date_to):
    if date_to < date_from:
        raise WrongPeriod(field="date_to", value=date_to)
    for number in range(2_400 if webmaster == "501" else 0):
        day = date(2026, 1, 1) + timedelta(days=number % 40)
        status = ("Open", "Approved", "Rejected")[number % 3]
        if date_from <= day <= date_to:
            yield Lead(submissionID=f"s{number}", offerID=101 + number // 3 % 2, channelID=11 + number // 6 % 2, status=status,
                       commissionOpen=Decimal("1.25") if status == "Open" else Decimal(0),
                       commissionApproved=Decimal("2.5") if status == "Approved" else Decimal(0),
                       commissionCancelled=Decimal("0.1") if status == "Rejected" else Decimal(0), wmCurrency="EUR",
                       leadTime=f"{day:%d.%m.%Y} 10:00:00 +0000", saleTime=f"{day:%d.%m.%Y} 12:30:00 +0300" if number % 3 == 1 else None,
                       xid=f"visitor {number % 100}")

@catalog.method("webmaster/orderstatistics", permission="account", listed="one", positions=("date_from", "date_to"), raises=[WrongPeriod])
def get_order_statistics(
    caller: Caller, date_from: date, date_to: date, date_type: Literal["order_upload", "lead_time"] = "order_upload",
    action_id: int | None = None, channel_id: int | None = None, xid: str | None = None, start: Start = 0, limit: Limit = 50,
) -> Leads:
    """Single leads."""
    found = [lead for lead in leads_of(caller.subject, date_from, date_to) if action_id in (None, lead.offerID)
             and channel_id in (None, lead.channelID) and xid in (None, lead.xid)]
    return Leads(total=len(found), items=found[start * limit:(start + 1) * limit])

class Group(Record):
    actionID: int
    actionName: str
    channelId: int | None
    clickCount: int
    backUrlRedirectCount: int
    saleOpen: int
    saleApproved: int
    saleCancelled: int
    commissionOpen: Decimal
    commissionApproved: Decimal
    commissionCancelled: Decimal
    crTotal: Decimal

class Groups(Record):
    total: int
    items: list[Group]

def group_of(offer, channel, leads):
    counts = [sum(lead.status == status for lead in leads) for status in ("Open", "Approved", "Rejected")]
    return Group(actionID=offer, actionName=f"Shop {offer - 101}", channelId=channel, clickCount=100_000, backUrlRedirectCount=3,
                 saleOpen=counts[0], saleApproved=counts[1], saleCancelled=counts[2],
                 commissionOpen=sum(lead.commissionOpen for lead in leads), crTotal=Decimal(sum(counts)) / 100_000,
                 commissionApproved=sum(lead.commissionApproved for lead in leads),
                 commissionCancelled=sum(lead.commissionCancelled for lead in leads))

@catalog.method("webmaster/statistics-offers", permission="account", listed="one", positions=("group", "date_from", "date_to"),
                raises=[WrongPeriod])
def get_statistics_offers(
    caller: Caller, group: Literal["action_id"], date_from: date, date_to: date, action_id: int | None = None,
    channel_id: int | None = None, sub_group: Literal["channel_id"] | None = None, start: Start = 0, limit: Limit = 50,
) -> Groups:
    """What offers brought."""
    leads = {}
    for lead in leads_of(caller.subject, date_from, date_to):
        if action_id in (None, lead.offerID) and channel_id in (None, lead.channelID):
            leads.setdefault((lead.offerID, lead.channelID if sub_group else None), []).append(lead)
    found = [group_of(*key, leads[key]) for key in sorted(leads, key=str)]
    return Groups(total=len(found), items=found[start * limit:(start + 1) * limit])
'''


@pytest.fixture(scope="module")
def client() -> Path:
    """The folder in which npm has installed it."""
    return install("cityads-webmaster-api", HERE)


@pytest.fixture(scope="module")
def network(serve: Callable[..., Server]) -> Server:
    """A network of webmasters."""
    return serve(catalog=CATALOG)


@pytest.fixture(scope="module")
def alice(network: Server) -> str:
    """The webmaster 501, by her name here."""
    return Room(network).person("alice", "--subject", "501")


def ask(network: Server, client: Path, token: str) -> dict[str, Any]:
    """Everything that the client's users ask for, as they got it."""
    ends = time.monotonic() + 10
    while network.get("/api/rest/webmaster/json/profile", params={"remote_auth": token}).json()["status"] != 200:
        assert time.monotonic() < ends          # a new key comes into force within a second
    ran = subprocess.run(["node", "ask.js", network.url, token, STRANGER], cwd=client, text=True, capture_output=True, timeout=60,
                         check=False, env={**os.environ, "TZ": "UTC"})
    assert ran.returncode == 0, ran.stderr
    found: dict[str, Any] = json.loads(ran.stdout)
    return found


@pytest.fixture(scope="module")
def told(network: Server, client: Path, alice: str) -> dict[str, Any]:
    """With a key of Alice's."""
    return ask(network, client, network.prepare("key", "add", "--account", alice, "--kind", "remote-auth")["secret"])


@pytest.mark.covers("W1", "W3", "W6")
def test_the_webmasters_own_is_read(told: dict[str, Any]) -> None:
    """One object, pages of an array, as many as there are, and a list whose items the client looks through."""
    assert told["profile"] == {"id": 501, "name": "Alice"}
    assert told["balance"] == {"currency": "EUR", "mainBalance": 100.5, "holdAdv": 7, "holdCity": 0.25, "availableBalance": 93.25}
    assert [charge["id"] for charge in told["charges"]] == list(range(100, 100 + CHARGES))
    assert told["channels"] == [{"id": 11, "name": "Letters"}, {"id": 12, "name": "Blog"}]
    assert told["statuses"] == ["open", "approved", "rejected"]


@pytest.mark.covers("W4")
def test_offers_are_read_by_key_by_filter_and_page_after_page(told: dict[str, Any]) -> None:
    """Keyed by their ids, so that the client can join the pages."""
    assert told["offer"] == {"id": 101, "name": "Shop 0", "type": "web", "cpl": 0, "channels": [11]}
    assert told["some"]["ok"] is True
    assert [offer["name"] for offer in told["some"]["result"]] == ["Shop 0", "Shop 2"]
    assert [offer["id"] for offer in told["ofChannel"]["result"]] == [102]
    assert [offer["id"] for offer in told["all"]["result"]] == list(range(101, 101 + WEB_OFFERS))


@pytest.mark.covers("W4")
def test_parameters_stand_in_the_path_and_in_the_query(told: dict[str, Any]) -> None:
    """By `apiRequest`, with which the client's users write paths of their own."""
    assert told["native"] == [{"id": 643, "name": "Russia"}]
    assert told["positions"]["total"] == 2_200
    assert {offer["cpl"] for offer in told["positions"]["items"].values()} == {219.9, 219.8}
    assert told["mixed"]["total"] == WEB_OFFERS
    assert {id: offer["name"] for id, offer in told["mixed"]["items"].items()} == {"103": "Лавка 2", "104": "Лавка 3"}


def test_links_are_read_for_a_channel_or_for_none(told: dict[str, Any]) -> None:
    """The client keeps the default ones."""
    assert told["links"] == [{"url": "https://go.example/101/", "is_default": True}]
    assert told["linksOfChannel"] == [{"url": "https://go.example/101/12", "is_default": True}]


def test_leads_are_read_with_status_money_and_time(told: dict[str, Any]) -> None:
    """All pages of them; the client tells states, commissions and moments in its own words."""
    assert told["leadsOfAll"] == 31 * LEADS // 40
    opened, approved, rejected = told["leads"][:3]
    assert (opened["orderId"], opened["offerId"], opened["status"], opened["commission"]) == ("s0", 101, "open", 1.25)
    assert (opened["currency"], opened["leadTime"], opened["uploadTime"]) == ("EUR", 1_767_261_600_000, None)
    assert (approved["status"], approved["commission"], approved["uploadTime"]) == ("approved", 2.5, 1_767_346_200_000)
    assert (rejected["status"], rejected["commission"]) == ("rejected", 0.1)
    assert {lead["offerId"] for lead in told["leads"]} == {101}
    assert {lead["channelID"] for lead in told["leadsOfChannel"]} == {12}
    assert {lead["xid"] for lead in told["leadsOfVisitor"]} == {"visitor 7"}


def test_statistics_are_numbers_that_the_client_can_add(told: dict[str, Any]) -> None:
    """Grouped by offer, or by offer and channel."""
    whole, parts = told["offers"], told["offersByChannel"]
    assert [(group["offerId"], group["channelId"], group["offerName"]) for group in whole] == [(101, 0, "Shop 0"), (102, 0, "Shop 1")]
    assert (whole[0]["clicks"], whole[0]["backUrlCount"]) == (100_000, 3)
    assert [(group["offerId"], group["channelId"]) for group in parts] == [(101, 11), (101, 12)]
    for figure in ("leadsOpen", "leadsApproved", "leadsRejected", "commissionOpen", "commissionApproved"):
        assert sum(group[figure] for group in parts) == whole[0][figure] > 0
    leads = len(told["leads"])
    assert told["rate"] == {"cr": pytest.approx(leads / 1_000), "clicks": 100_000, "leads": leads, "offerId": 101, "channelId": None}
    assert told["rateOfNothing"] is False
    for name, groups in (("commissions", whole), ("commissionsOfOne", whole[1:])):
        assert told[name] == {figure: round(sum(group[figure] for group in groups), 2) for figure in told[name]}
        assert min(told[name].values()) > 0


@pytest.mark.covers("W6", "W7")
def test_refusals_are_what_the_client_takes_for_them(told: dict[str, Any]) -> None:
    """It says no more than that there is nothing, and of a profile that there is none to write to."""
    refused = told["refused"]
    assert refused["profile"] == {"error": "TypeError"}
    assert refused["offers"] == {"value": {"ok": False}}
    assert refused["charges"] == refused["wrongPeriod"] == {"value": []}
    for name in ("noSuchOffer", "noLinks", "noSuchResource", "wrongType"):
        assert refused[name] == {"value": False}, name


@pytest.mark.covers("W3")
def test_a_token_of_a_sign_in_opens_the_same_as_a_key(network: Server, client: Path, alice: str, told: dict[str, Any]) -> None:
    """By `/auth/` and `/auth/token`, as clients of such networks sign people in: without PKCE, and with a name of the grant that
    one of them has."""
    room = Room(network)
    app = dataclasses.replace(register(room, secret=True), authorize_at="/auth/", token_at="/auth/token")
    with room.signed_in(alice) as webmaster:
        code = app.code(webmaster, scope=None, code_challenge=None, code_challenge_method=None)
    token = app.exchange(code, grant_type="authorizationCode", code_verifier=None).json()["access_token"]
    again = ask(network, client, token)
    changing = [name for name in told if name.startswith("leads") and name != "leadsOfAll"]     # they tell when they were read
    assert {**again, **dict.fromkeys(changing)} == {**told, **dict.fromkeys(changing)}


def test_the_client_asked_as_it_is_known_to(told: dict[str, Any]) -> None:
    """Pages from 0 by a thousand, the token last."""
    pages = [f"/api/rest/webmaster/json/offers/web?start={start}&limit=1000&remote_auth=..." for start in range(3)]
    assert [path for path in told["asked"] if "offers/web?start" in path] == pages
    assert "/api/rest/webmaster/json/offers/web?ids=103%2C101%2C999999&start=0&limit=1000&remote_auth=..." in told["asked"]
