"""Noticing that a base address has changed: what is promised of the old one is what the settings say of that very address."""

from __future__ import annotations

from typing import Any

import pytest

from dragoman.control.migrating import migrate
from dragoman.settings import Settings

_DAY = "until 2999-01-31"


@pytest.mark.parametrize(("old", "new", "promised"), [
    ({"mounts": {"gw2": "/v2"}}, {"mounts": {"gw2": ("/v3", f"/v2 {_DAY}")}}, True),
    ({"mounts": {"gw2": "/api/v2"}}, {"mounts": {"gw2": ("/v3", f"/v2 {_DAY}")}}, False),
    ({"base_url": "https://Old.example.org:8443/"}, {"base_url": "https://new.example.org", "former_hosts": (f"old.example.org {_DAY}",)},
     True),
    ({"base_url": "https://old.example.org.au"}, {"base_url": "https://new.example.org", "former_hosts": (f"old.example.org {_DAY}",)},
     False),
    ({"base_url": "https://example.org/api"}, {"base_url": "https://example.org/api", "mounts": {"gw2": ("/v3", f"/v2 {_DAY}")}}, True),
])
def test_an_old_address_is_promised_only_where_the_settings_name_it(
    configured: None, old: dict[str, Any], new: dict[str, Any], promised: bool,
) -> None:
    """Not where they name one that begins or ends alike."""
    from dragoman.control.announcements.bases import note_bases
    from dragoman.control.announcements.models import Base
    from dragoman.control.configuration import ours

    migrate(ours())
    Base.objects.all().delete()
    assert note_bases(Settings(**old)) is None
    made = note_bases(Settings(**new))
    assert made is not None
    assert ("goes on answering until 2999-01-31" in made.text_en) is promised
    assert ("not promised any more" in made.text_en) is not promised
