"""Parameters: what was sent by name, in the query, in the body or in both, and what is wrong with it."""

from __future__ import annotations

from typing import Any

import pytest

from dragoman.catalog.fitting import Written
from dragoman.errors import Code, Refusal
from dragoman.exchange import Request
from dragoman.formats.parameters import Parameters


def parameters(query: str = "", body: str = "", **options: Any) -> Parameters:
    """Those of a request."""
    return Parameters(Request(verb="POST", path=b"/x", query=query.encode(), body=body.encode()), **options)


def told(given: Parameters) -> list[tuple[str, str | None]]:
    """What is wrong: codes and names."""
    return [(str(fault.code), fault.field) for fault in given.faults]


def test_the_body_beats_the_query():
    given = parameters("a=1&b=2", '{"b": "3", "c": true}')
    assert [given.take(name) for name in "abcd"] == ["1", "3", "1", None]
    assert told(given) == []


def test_where_they_may_not_overlap_what_stands_in_both_is_repeated():
    given = parameters("a=1&b=2", "b=2&c=4", overlap=False)
    assert told(given) == [("parameter-repeated", "b")]


def test_what_is_taken_stands_once_whatever_its_values():
    given = parameters("a=1&a=2&b=1&b=1&c=1&c=2")
    assert (given.take("a"), given.take("b"), given.left) == ("2", "1", {"c": ["1", "2"]})
    assert told(given) == [("parameter-repeated", "a"), ("parameter-repeated", "b")]
    assert all(fault.value is None for fault in given.faults), "it may be a secret"
    with pytest.raises(Refusal) as raised:
        given.check("b", "z")
    assert [fault.field for fault in raised.value.faults] == ["b"]
    given.check("z")
    with pytest.raises(Refusal):
        given.check()


def test_every_text_that_cannot_be_read_is_told_and_the_others_are_there():
    given = parameters("a=%ff&b=2&c=%zz&d=%00&%fe=1")
    assert given.left == {"b": ["2"]}
    assert told(given) == [("request-malformed", name) for name in ("a", "c", "d", "%fe")]


def test_of_thousands_some_are_told():
    assert len(parameters("&".join(["a=%ff"] * 1_000)).faults) == 100


def test_without_blanks_an_empty_text_counts_as_none():
    given = parameters("a=&b=1&b=", '{"c": "", "d": null, "e": []}', blanks=False)
    assert given.left == {"b": ["1"]}


def test_keys_are_parted_by_commas_but_in_an_array():
    assert parameters("id=1, 2,1&id=3").take_keys("id") == ("1", "2", "3")
    assert parameters("", "id=1,2").take_keys("id") == ("1", "2")
    assert parameters("", '{"id": ["a,b", "c d", 7]}').take_keys("id") == ("a,b", "c d", "7")
    assert parameters("", '{"id": "1, 2"}').take_keys("id") == ("1", "2")
    assert parameters().take_keys("id") == ()


def test_arguments_of_forms_are_texts_and_those_of_json_are_values():
    """An empty array is one of JSON: a form cannot say it."""
    assert parameters("a=1", "b=2&b=3").arguments() is None
    assert parameters("a=1&a=2", '{"b": 2, "c": [{"d": 1}]}').arguments() == {
        "a": [Written("1"), Written("2")], "b": 2, "c": [{"d": 1}]}
    assert parameters("a=1", '{"b": []}').arguments() == {"a": "1", "b": []}
    assert parameters("", "<w><b><c>2</c></b></w>").left == {"b": ['{"c":"2"}']}
    assert parameters("", "<w><a>1</a><b><c>2</c></b></w>").arguments() == {"a": "1", "b": {"c": "2"}}


@pytest.mark.parametrize("body", ['{"lang": []}', '{"lang": null}', '{"lang": {"a": 1}}', '{"lang": ["a", "b"]}'])
def test_a_reserved_name_may_hold_anything(body):
    given = parameters("", body)
    assert given.take("lang") in (None, "", '{"a":1}', "b")
    assert all(fault.code is Code.PARAMETER_REPEATED for fault in given.faults)
