"""Old versions that lie compiled in an edition, and such that are rendered when they are asked for: the same answers, to the byte."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, reject, settings
from hypothesis import strategies as st

from dragoman import Catalog
from dragoman.assembly import assemble
from dragoman.catalog.timeline import Stage
from dragoman.contracts import Answerer
from dragoman.editions.publish import publish
from dragoman.errors import DeclarationError
from dragoman.exchange import Request, Work
from dragoman.observations import ignore
from dragoman.query import Caller
from dragoman.settings import Limits, Memory, Settings
from dragoman.views.select import walk

from ..editions.shops import Listed
from .histories import histories, values
from .test_histories import PATIENT

HEADERS: list[dict[bytes, bytes]] = [{}, {b"accept": b"application/xml"}, {b"accept": b"text/csv"}, {b"accept-encoding": b"gzip"}]
ROOTS, APPLICATION = "data/roots", "a" * 32


class Anybody:
    """A store of credentials that knows whoever asks."""

    def identify(self, credentials: Any, request: Request) -> Caller:  # noqa: ARG002  # the contract's
        return Caller(account=1, application=APPLICATION, key="key")


def questions(stage: Stage, version: str, fields: str) -> Iterator[tuple[str, str, dict[bytes, bytes]]]:
    """Of every kind, in every dialect and format: path, query, and headers."""
    key = stage.key.name
    for language in (b"en", b"de"):
        for chosen in ("", f"&fields={fields}", f"&fields=-{fields}"):
            common = f"&v={version}{chosen}"
            for headers in HEADERS:
                for path, query in (("/v2/roots", "ids=all"), ("/v2/roots", "ids=2,1,9,1"), ("/v2/roots/1", ""), ("/v2/roots/9", ""),
                                    ("/v2/roots", "page=1&page_size=1"), ("/v2/roots", "")):
                    yield path, query + common, {b"accept-language": language, **headers}
            for query in ("", f"&{key}=1,9,2", "&limit=1&page_no=2"):
                yield "/history/data/roots/", f"application_id={APPLICATION}&language={language.decode()}{query}{common}", {}
        for path, query in (("/api/roots/list", "page=1"), ("/api/roots/get", f"{key}=2"), *(
                (f"/api/rest/data/{form}/roots", "start=0&limit=2") for form in ("json", "xml", "csv"))):
            yield path, f"api_token=x&remote_auth=x&{query}&v={version}".replace(
                "remote_auth=x&" if path.startswith("/api/roots") else "api_token=x&", ""), {b"accept-language": language}


async def ask(answerer: Answerer, path: str, query: str, headers: dict[bytes, bytes]) -> Any:
    """The status, the body, and what else is told, but for what tells the edition."""
    request = Request(verb="GET", path=path.encode(), query=query.encode(), id="1", host="x", peer="127.0.0.1", headers=headers)
    found = answerer.answer(request)
    answer = await found.run() if isinstance(found, Work) else found
    body = answer.body
    whole = bytes(body) if isinstance(body, (bytes, memoryview)) else b"".join(
        [part async for part in body] if hasattr(body, "__aiter__") else map(bytes, body))
    return answer.status, whole, sorted(header for header in answer.headers if header[0] not in (b"etag", b"last-modified"))


def served(folder: Path, catalog: Catalog, rows: list[Any], stages: tuple[Stage, ...]) -> Answerer:
    """A data plane in front of an edition in which some old versions are compiled."""
    options = Settings(data_dir=str(folder), memory=Memory(rendered_max_bytes=0), limits=Limits(address=""))
    sources: Any = {ROOTS: Listed(rows)}
    publish(catalog, "default", sources, folder, options, ignore, lambda *_, **__: None, [(ROOTS, stage) for stage in stages])
    plane = assemble([(catalog, "default", sources)], options, ignore, Anybody())  # type: ignore[arg-type]  # all that is asked of it
    edition = plane.editions.current("history", "default")
    assert edition is not None
    assert [edition.shelves[ROOTS].records("en", stage.digest).digest for stage in stages] == [stage.digest for stage in stages]
    return plane.answerer


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> Any:
    return lambda: tmp_path_factory.mktemp("alike")


@settings(PATIENT, max_examples=6)
@given(st.data())
def test_nobody_can_tell_what_is_compiled(folders: Any, data: Any) -> None:
    """In any history, whatever is asked, in every dialect, language and format."""
    history = data.draw(histories())
    catalog = history.catalog
    catalog.formats = ("xml", "csv")
    try:
        catalog.load()
    except DeclarationError:                    # what some may not see is not published
        reject()
    resource, timeline = catalog.resources[ROOTS], catalog.timeline
    rows = [{**data.draw(values(history.root, sent=True)), "id": number} for number in (1, 2)]
    rendering, compiled = (served(folders(), catalog, rows, stages) for stages in ((), timeline.stages(resource)[1:]))

    async def compare() -> None:
        for version in ("earliest", "latest", *timeline.versions[:1]):
            stage = timeline.stage(resource, timeline.resolve(version))
            fields = data.draw(st.sampled_from([".".join(path) for path, _ in walk(stage.fields)]))
            for question in questions(stage, version, fields):
                answers = [await ask(answerer, *question) for answerer in (rendering, compiled)]
                assert answers[0] == answers[1], question
                assert answers[0][0] < 500, question
    asyncio.run(compare())
