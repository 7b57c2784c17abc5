"""What is asked in each case, and the proof that both servers answer it with the same bytes before anything counts."""

from __future__ import annotations

import random
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec

from . import data
from .processes import BenchmarkError
from .servers import Server

LANGUAGE = "en"
BASE = "/v2/vessels"
SINGLES_MAX, CONDITIONAL_MAX, ERRORS = 10_000, 1_000, 100      # so many addresses, in turn
HOT, _HOT_ASKS = 20, 4_096
MANY_SETS, MANY_IDS = 50, 200
PAGES_MAX, PAGE_SIZE = 100, 50
_CHANCE_SEED = 11


class Question(msgspec.Struct, frozen=True):
    """One address of ours, the file that stands for it at nginx, and the JSON value that is right."""

    target: str
    file: str
    value: Any


class Case(msgspec.Struct, frozen=True):
    """Questions that are asked in turn; `order` names them by index, where some come more often than others."""

    name: str
    questions: tuple[Question, ...]
    order: tuple[int, ...]
    status: int = 200
    conditional: bool = False


class Prepared(msgspec.Struct, frozen=True):
    """A case as one server is asked it: the file of addresses, and the mean size of an answer and of its body."""

    addresses: Path
    answer_bytes: float
    body_bytes: float


def all_cases(records: int) -> tuple[Case, ...]:
    """Every case over the synthetic records, the same in every run."""
    chance = random.Random(_CHANCE_SEED)
    numbers = chance.sample(range(records), min(records, SINGLES_MAX))
    singles = tuple(_single(number) for number in numbers)
    hot = tuple(chance.choices(range(HOT), weights=[1 / (rank + 1) for rank in range(HOT)], k=_HOT_ASKS))
    return (
        _in_turn("single", singles),
        Case("hot", singles[:HOT], hot),
        _in_turn("bulk200", tuple(_many(chance.sample(range(records), MANY_IDS), at) for at in range(MANY_SETS))),
        _in_turn("page50", tuple(_page(page, records) for page in range(min(records // PAGE_SIZE, PAGES_MAX)))),
        _in_turn("304", singles[:CONDITIONAL_MAX], status=304, conditional=True),
        _in_turn("error", tuple(_unknown(number) for number in numbers[:ERRORS]), status=404),
    )


def _in_turn(name: str, questions: tuple[Question, ...], *, status: int = 200, conditional: bool = False) -> Case:
    return Case(name, questions, tuple(range(len(questions))), status, conditional)


def _right(number: int) -> Any:
    return data.localized(data.row(number), LANGUAGE)


def _single(number: int) -> Question:
    key = data.key_of(number)
    return Question(f"{BASE}/{key}", f"vessels/{key}", _right(number))


def _many(numbers: Sequence[int], at: int) -> Question:
    keys = ",".join(str(data.key_of(number)) for number in numbers)
    return Question(f"{BASE}?ids={keys}", f"many/{at}", [_right(number) for number in numbers])


def _page(page: int, records: int) -> Question:
    numbers = range(page * PAGE_SIZE, min((page + 1) * PAGE_SIZE, records))
    return Question(f"{BASE}?page={page}&page_size={PAGE_SIZE}", f"pages/{page}", [_right(n) for n in numbers])


def _unknown(number: int) -> Question:
    key = data.unknown_key(number)
    return Question(f"{BASE}/{key}", f"vessels/{key}", {"text": "no such id"})


# ------------------------------------------------------------------------------------------------ checking


class Seen(msgspec.Struct, frozen=True):
    """One answer as it came."""

    status: int
    body: bytes
    etag: str
    head_bytes: int


def ask(connection: Any, target: str, etag: str = "") -> Seen:
    """One answer over a kept connection."""
    connection.request("GET", target, headers={"If-None-Match": etag} if etag else {})
    answer = connection.getresponse()
    body: bytes = answer.read()
    head = f"HTTP/1.1 {answer.status} {answer.reason}\r\n"
    size = len(head) + sum(len(name) + len(value) + 4 for name, value in answer.getheaders()) + 2
    return Seen(answer.status, body, answer.headers.get("etag", ""), size)


def write_files(case: Case, ours: Server, files: Path) -> None:
    """Make nginx's files from our answers, each compared with the record it has to be."""
    connection = ours.connect()
    status = 404 if case.status == 404 else 200
    for question in case.questions:
        seen = ask(connection, question.target)
        if seen.status != status or msgspec.json.decode(seen.body) != question.value:
            raise BenchmarkError(f"{case.name}: {question.target} answers {seen.status} {seen.body[:300]!r}")
        file = files / (question.file if status == 200 else "error.json")
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(seen.body)
    connection.close()


def prepare(case: Case, server: Server, files: Path, folder: Path) -> Prepared:
    """Ask everything once, compare each body with its file, and write the addresses for the load."""
    connection = server.connect()
    seen = [_check(case, question, connection, server.name, files) for question in case.questions]
    connection.close()
    lines = [f"{_target(question, server.name)}\t{each.etag if case.conditional else ''}\n"
             for question, each in zip(case.questions, seen, strict=True)]
    addresses = folder / f"{server.name}-{case.name}.addresses"
    addresses.write_text("".join(lines[at] for at in case.order))
    asked = [seen[at] for at in case.order]
    return Prepared(
        addresses, sum(each.head_bytes + len(each.body) for each in asked) / len(asked),
        sum(len(each.body) for each in asked) / len(asked),
    )


def _target(question: Question, server: str) -> str:
    return f"/{question.file}" if server == "nginx" else question.target


def _check(case: Case, question: Question, connection: Any, server: str, files: Path) -> Seen:
    """The answer that the load is going to get, proven right."""
    target = _target(question, server)
    seen = ask(connection, target)
    if seen.body != (files / (question.file if case.status != 404 else "error.json")).read_bytes():
        raise BenchmarkError(f"{case.name}: {server} answers {target} with other bytes than the file's")
    if case.conditional:
        full, seen = seen, ask(connection, target, seen.etag)
        if not full.etag or seen.body:
            raise BenchmarkError(f"{case.name}: {server} answers {target} with {seen.status} and a body")
        seen = msgspec.structs.replace(seen, etag=full.etag)
    if seen.status != case.status:
        raise BenchmarkError(f"{case.name}: {server} answers {target} with {seen.status}, expected {case.status}")
    return seen
