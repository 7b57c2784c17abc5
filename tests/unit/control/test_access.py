"""Every page of operators goes through the one decorator, whatever is added."""

from __future__ import annotations

import re


def test_every_address_of_operators_is_guarded_and_in_the_matrix(configured: None) -> None:
    """No view is reachable without the role, and the test that asks as everybody knows them all."""
    from django.urls import URLPattern, get_resolver

    from dragoman.control.administration.access import operator_only

    from ...functional.room.test_operators import ADDRESSES

    def walk(patterns: list[object], prefix: str = "") -> list[tuple[str, URLPattern]]:
        found: list[tuple[str, URLPattern]] = []
        for each in patterns:
            place = prefix + str(each.pattern)
            found += [(place, each)] if isinstance(each, URLPattern) else walk(each.url_patterns, place)
        return found

    guard = operator_only(lambda _request: None).__code__        # one code object, whatever it is wrapped around
    operators = [(place, each) for place, each in walk(get_resolver().url_patterns) if place.startswith("room/operator/")]
    assert operators
    for place, each in operators:
        assert getattr(each.callback, "__code__", None) is guard, place
    plain = {re.sub(r"<\w+:\w+>", "*", place.removeprefix("room/operator/")) for place, _ in operators}
    known = {re.sub(r"\{\w+\}", "*", place).replace("shop/data/toys", "*/*") for place in ADDRESSES}
    assert plain == known
