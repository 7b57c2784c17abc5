"""What pages and scripts ask of the files of others: only what there is in the version that lies beside."""

from __future__ import annotations

import json
import re

from .tracked import TEXTS, name

OURS = {path: text for path, text in TEXTS.items() if "control" in path.parts and "vendor" not in path.parts
        and path.suffix in (".html", ".js")}
HTMX = next(text for path, text in TEXTS.items() if path.name == "htmx.min.js")


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
