"""The dialects keep their contract."""

import re

import msgspec
import pytest

from dragoman.assembly import FORMATS, dialects
from dragoman.dialects.dast import Dast
from dragoman.dialects.gw2 import Gw2
from dragoman.dialects.lesta import Lesta
from dragoman.dialects.webmaster import Webmaster
from dragoman.settings import Settings

from .dialects import CATALOG, KEYS, DialectContract, request, whole


class TestGw2(DialectContract):
    """Errors are `{"text": ...}`."""

    def make(self):
        return Gw2()

    def read_error(self, answer):
        told = msgspec.json.decode(whole(answer))
        assert list(told) == ["text"]
        assert dict(answer.headers)[b"content-type"] == b"application/json; charset=utf-8"
        return told["text"]


class TestGw2Elsewhere(TestGw2):
    """Mounted by the settings, deep below another path."""

    def make(self):
        return Gw2("/games/gw-2.0", max_age_s=5)


class TestLesta(DialectContract):
    """Errors are `{"status":"error","error":{...}}`, with HTTP 200."""

    def make(self):
        return Lesta()

    def read_error(self, answer):
        told = msgspec.json.decode(whole(answer))
        assert list(told) == ["status", "error"]
        assert told["status"] == "error"
        assert set(told["error"]) == {"code", "message", "field", "value"}
        assert answer.status == 200
        return f"{told['error']['message']} {told['error']['field']}"


class TestDast(DialectContract):
    """Errors are `{"data":[],"error":[{...}],"success":false}`."""

    def make(self):
        return Dast()

    def read_error(self, answer):
        told = msgspec.json.decode(whole(answer))
        assert list(told) == ["data", "error", "success"]
        assert (told["data"], told["success"]) == ([], False)
        assert all(list(error) == ["exception", "message", "code"] for error in told["error"])
        assert all(re.fullmatch(r"App\\ApiModule\\[A-Za-z]+Exception", error["exception"]) for error in told["error"])
        assert answer.status == told["error"][0]["code"]
        assert dict(answer.headers)[b"content-type"] == b"application/json; charset=utf-8"
        return " ".join(error["message"] for error in told["error"])


class TestDastElsewhere(TestDast):
    """Mounted by the settings, deep below another path."""

    def make(self):
        return Dast("/games/dast-1.0")


class TestWebmaster(DialectContract):
    """Errors are the text in the one envelope, beside one of four statuses."""

    def make(self):
        return Webmaster(FORMATS)

    def read_error(self, answer):
        told = msgspec.json.decode(whole(answer))
        assert list(told) == ["status", "error", "request_id", "data"]
        assert told["status"] in (400, 403, 404, 500)
        assert (told["request_id"], told["data"], answer.status) == (0, [], 200)
        assert dict(answer.headers)[b"content-type"] == b"application/json; charset=utf-8"
        return told["error"]


class TestWebmasterElsewhere(TestWebmaster):
    """Mounted by the settings, deep below another path."""

    def make(self):
        return Webmaster(FORMATS, "/shop/rest-1.0")


def test_every_dialect_that_a_server_speaks_is_tried():
    """A new one in `assembly.dialects` needs a class here."""
    tried = {case().make().name for case in DialectContract.__subclasses__()}
    assert {dialect.name for dialect in dialects(Settings())} <= tried


@pytest.mark.parametrize("mount", ["/v2", "/games/gw-2.0"])
def test_pages_of_a_mount_are_answered_at_it(mount):
    """`/v2` and `/v2.json`, wherever they are."""
    dialect = Gw2(mount)
    dialect.bind([CATALOG], KEYS)
    assert dialect.read(request(mount)).status == 200
    assert dialect.read(request(mount + ".json")).status == 200
    assert not dialect.serves(mount.encode() + b".jsonx")
