"""Texts of the Room: each has a translation, and what is compiled is what was translated."""

from __future__ import annotations

from pathlib import Path

import pytest
from babel.messages.catalog import Catalog, Message
from babel.messages.mofile import read_mo
from scripts import messages


def _texts(catalog: Catalog) -> dict[object, object]:
    return {(_text(message.context), _plain(message.id)): _plain(message.string) for message in catalog if message.id and message.string}


def _text(context: object) -> object:
    """Contexts are bytes there and texts here."""
    return context.decode() if isinstance(context, bytes) else context


def _plain(texts: object) -> object:
    """Forms of plural are lists here and tuples there."""
    return tuple(texts) if isinstance(texts, list) else texts


@pytest.mark.parametrize("po", messages.files(), ids=lambda po: po.parts[-3])
def test_every_text_is_translated_and_none_is_left_over(po: Path) -> None:
    """`make messages` after a change of texts; then translate what it names."""
    renewed = messages.renewed(po)
    assert messages.missing(renewed) == []
    assert po.read_bytes() == messages.written(renewed), "run `make messages`"


@pytest.mark.parametrize("po", messages.files(), ids=lambda po: po.parts[-3])
def test_what_is_compiled_is_what_is_translated(po: Path) -> None:
    """Pages read the compiled file."""
    with po.with_suffix(".mo").open("rb") as file:
        assert _texts(read_mo(file)) == _texts(messages.renewed(po)), "run `make messages`"


def test_the_texts_of_templates_and_of_code_are_found() -> None:
    """The collector sees both kinds of files, and forms of plural."""
    found = {message.id for message in messages.collect()}
    assert "Skip to the content" in found
    assert "There is nothing here" in found


def _names(text: str) -> set[str]:
    class Seen(dict[str, str]):
        def __missing__(self, name: str) -> str:
            self[name] = ""
            return ""

    seen = Seen()
    _ = text % seen if "%" in text else ""
    return set(seen)


@pytest.mark.parametrize("po", messages.files(), ids=lambda po: po.parts[-3])
def test_translations_hold_the_places_of_their_texts(po: Path) -> None:
    """A place that is missing or misspelled would break the page that shows it."""
    for message in messages.renewed(po):
        for text in _forms(message):
            assert _names(text) == _names(_last(message)), message.id


def _forms(message: Message) -> tuple[str, ...]:
    if "python-format" not in message.flags:
        return ()
    return message.string if isinstance(message.string, tuple) else (message.string,)


def _last(message: Message) -> str:
    return message.id[-1] if isinstance(message.id, tuple) else message.id
