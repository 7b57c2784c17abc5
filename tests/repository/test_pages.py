"""What pages and scripts ask of the files of others: only what there is in the version that lies beside."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from .tracked import TEXTS, name

OURS = {path: text for path, text in TEXTS.items() if "control" in path.parts and "vendor" not in path.parts
        and path.suffix in (".html", ".js")}
TEMPLATES = [path for path in TEXTS if "templates" in path.parts and path.suffix in (".html", ".txt")
             and "elements" not in path.parts]
"""Pages and letters; the elements of forms have no text of their own."""
HTMX = next(text for path, text in TEXTS.items() if path.name == "htmx.min.js")


NO_WORDS = re.compile(
    r"{%\s*blocktranslate\b.*?{%\s*endblocktranslate\s*%}|{%.*?%}|{{.*?}}|{#.*?#}|<code\b.*?</code>", re.S)
"""What is translated, filled in, or said by programs alike."""


@pytest.mark.parametrize("path", TEMPLATES, ids=name)
def test_no_text_of_a_page_or_letter_is_said_in_one_language_alone(path: Path) -> None:
    """What people read stands in `translate`: what is left are addresses and the ends of file names."""
    plain = NO_WORDS.sub("", TEXTS[path])
    spoken = re.findall(r'\b(?:title|aria-label|placeholder|alt|data-label|data-copied)="([^"]*)"', plain)
    said = [*spoken, *re.sub(r"<[^>]*>", "\n", plain).split("\n")]
    assert [text for text in map(str.strip, said) if re.search(r"\w{2}", text) and not text.startswith(("/", "."))] == []


def test_htmx_knows_every_setting_and_event_that_is_named() -> None:
    """It says nothing of a name of another version, and goes on without."""
    settings = {setting for text in OURS.values() for found in re.findall(r"name=\"htmx-config\" content='(.*?)'", text)
                for setting in json.loads(found)}
    events = {event for text in OURS.values() for event in re.findall(r'"(htmx:[a-zA-Z:]+)"', text)}
    assert settings
    assert events
    assert [setting for setting in settings if not re.search(rf"\b{setting}:", HTMX)] == []
    assert [event for event in events if f'"{event}"' not in HTMX] == []


def test_htmx_is_loaded_in_one_way() -> None:
    """With the settings under which the policy of the pages lets it work."""
    assert [name(path) for path, text in OURS.items() if "vendor/htmx" in text] == ["src/dragoman/control/room/templates/room/htmx.html"]
