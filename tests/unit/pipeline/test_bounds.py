"""What strangers send is kept and worked on within bounds, whatever it is."""

from __future__ import annotations

import random
import string
import time
from collections.abc import Callable

import pytest
from langcodes import Language, language_distance

from dragoman.catalog.catalog import Catalog
from dragoman.dialects.gw2.routes import Endpoints
from dragoman.exchange import Answer, Request
from dragoman.pipeline.conditional import held, not_modified
from dragoman.pipeline.encoding import Encoder
from dragoman.pipeline.language import match, negotiate

LANGUAGES = ("en", "de", "zh")


def cpu_ms(function: Callable[[], object]) -> float:
    """The best of three, as other programs may disturb."""
    taken = []
    for _ in range(3):
        began = time.process_time()
        function()
        taken.append(time.process_time() - began)
    return min(taken) * 1000


@pytest.mark.parametrize("tag", [
    "en-" + "abcdefg-" * 1_000 + "b", "a-" * 4_000 + "b", "a" * 8_000, "-" * 8_000, "x-" + "abcdefg-" * 1_000,
    "en-u-" + "ab-" * 2_000 + "cd", "*" * 8_000, "\xe9" * 8_000,
])
def test_an_endless_tag_is_cut_off_and_never_an_error(tag: str) -> None:
    """A parser that calls itself for each subtag would reach the end of its stack."""
    assert match(tag, LANGUAGES) in ("en", None)
    assert negotiate(tag, LANGUAGES) == "en"
    assert negotiate(f"{tag}, de", LANGUAGES) in ("en", "de")


def test_a_tag_longer_than_anybody_must_read_still_means_its_language() -> None:
    """RFC 5646, 4.4.2: subtags are cut off from the right."""
    assert match("de-x-" + "private-" * 20 + "end", LANGUAGES) == "de"
    assert negotiate("de-x-" + "private-" * 20 + "end", LANGUAGES) == "de"


def test_a_long_header_is_read_as_far_as_is_sensible() -> None:
    """The first kilobyte, whole ranges only."""
    assert negotiate("de;q=0.9, " + "xx, " * 4_000 + "zh", LANGUAGES) == "de"


def test_tags_of_strangers_are_not_kept_without_end() -> None:
    """The library remembers every tag that it ever saw; we let it forget."""
    random_ = random.Random(5)
    for _ in range(15_000):
        match("".join(random_.choices(string.ascii_lowercase, k=7)), LANGUAGES)
    for kept in (Language._PARSE_CACHE, Language._INSTANCES, language_distance._DISTANCE_CACHE):
        assert len(kept) < 15_000


def ask(encoder: Encoder, number: int) -> str | None:
    request = Request(verb="GET", path=b"/v2/things", query=b"%d" % number + b"q" * 8_000,
                      headers={b"accept-encoding": b"gzip"})
    return encoder.encode(Answer(status=200, headers=[], body=b"x" * 2_000, etag=b'"e"'), request)


def test_compressed_answers_to_long_questions_are_kept_within_the_bound() -> None:
    """Small bodies under keys of eight kilobytes would take far more than was allowed."""
    encoder = Encoder(200_000)
    for number in range(600):
        while ask(encoder, number) is None:
            time.sleep(0.001)
    assert sum(ask(encoder, number) is not None for number in range(600)) < 400
    assert ask(encoder, 599) == "gzip"


def test_a_question_with_the_parts_of_another_is_another() -> None:
    """Where one part ends and the next begins is part of the key."""
    encoder = Encoder(200_000)

    def once(path: bytes, query: bytes, body: bytes) -> bytes:
        answer = Answer(status=200, headers=[], body=body * 2_000, etag=b'"e"')
        encoder.encode(answer, Request(verb="GET", path=path, query=query, headers={b"accept-encoding": b"gzip"}))
        return bytes(answer.body)  # type: ignore[arg-type]  # a whole body

    deadline = time.monotonic() + 10
    while once(b"/ab", b"c", b"1") == b"1" * 2_000 and time.monotonic() < deadline:
        time.sleep(0.001)
    assert once(b"/a", b"bc", b"2") == b"2" * 2_000


def test_an_endless_list_of_codings_is_ignored() -> None:
    """The plain form is always right."""
    request = Request(verb="GET", path=b"/v2", headers={b"accept-encoding": b"gzip, " * 2_000})
    assert Encoder(1_000_000).encode(Answer(status=200, headers=[], body=b"x" * 2_000, etag=b'"e"'), request) is None


@pytest.mark.parametrize(("condition", "expected"), [
    (b'"e"', b'"e"'), (b'W/"e"', b'"e"'), (b'"e-gzip"', b'"e-gzip"'), (b'"a", W/"e-zstd"', b'"e-zstd"'), (b"*", b'"e"'),
    (b'"a"', None), (b"", None), (b'"e', None), (b'"e-br"', None),
])
def test_the_tag_of_what_a_client_holds_is_told_in_its_coding(condition: bytes, expected: bytes | None) -> None:
    """A cache updates the stored answer whose strong tag it is told (RFC 9111, 4.3.4)."""
    assert held(condition, b'"e"') == expected


@pytest.mark.parametrize("path", [
    b"/v2/" + b"/" * 100_000, b"/v2/%41" + b"/a" * 50_000, b"/v2/things" + b"/a" * 50_000, b"/v2/" + b"%2F" * 3_000])
def test_a_path_of_slashes_takes_no_time(path: bytes) -> None:
    """Only as many as a declared path has are looked at."""
    routes = Endpoints("/v2")
    catalog = Catalog("things")

    @catalog.method("things")
    def things() -> int:
        return 1

    routes.add_target(catalog, catalog.methods["data/things"])
    assert cpu_ms(lambda: routes.find(path)) < 5


def test_a_declared_path_beats_an_id_and_an_id_may_hold_slashes() -> None:
    """However many are below it."""
    routes = Endpoints("/v2")
    catalog = Catalog("things")

    @catalog.method("things")
    def things() -> int:
        return 1

    @catalog.method("things/kinds")
    def kinds() -> int:
        return 1

    for method in catalog.methods.values():
        routes.add_target(catalog, method)

    def found(path: bytes) -> tuple[str | None, bytes | None]:
        route, id = routes.find(path)
        return (route.path if route else None), id

    assert found(b"/v2/things/kinds") == ("things/kinds", None)
    assert found(b"/v2/things/kinds/") == ("things/kinds", None)
    assert found(b"/v2/things/kinds/a/b/c") == ("things/kinds", b"a/b/c")
    assert found(b"/v2/things/a//b/") == ("data/things", b"a//b")
    assert found(b"/v2/%74hings/a") == ("data/things", b"a")
    assert found(b"/v2/other/a") == (None, None)
    assert found(b"/v2") == (None, None)


@pytest.mark.parametrize(("accepted", "expected"), [
    (None, None), (b"identity", None), (b"gzip", b'"e-gzip"'), (b"zstd", None), (b"br", None), (b"*", b'"e-gzip"'), (b"gzip;q=0", None),
    (b"gzip, " * 100_000, None),
])
def test_a_coding_that_a_client_does_not_take_is_not_the_answer_that_it_holds(accepted, expected):
    """A shared cache asks with the tags of all that it holds, and gives its client the one that is named."""
    headers = {b"if-none-match": b'"other", "e-gzip"'} | ({b"accept-encoding": accepted} if accepted is not None else {})
    request = Request(verb="GET", path=b"/", headers=headers, id="0123456789abcdef")
    assert not_modified(Answer(status=200, headers=[], body=b"", etag=b'"e"'), request) == expected
