"""The name that the Room and its letters go by."""

import pytest

from dragoman import Catalog
from dragoman.control import published
from dragoman.settings import Room, Settings


@pytest.mark.parametrize(("said", "title", "name"), [
    ("Lesta", "Tyria", "Lesta"), ("", "Tyria", "Tyria"), ("", "Tyria\n and all \r\nof it", "Tyria and all of it"),
    ("The\nPublisher ", "Tyria", "The Publisher"), (" \n", "Tyria", "Dragoman"),
])
def test_the_publishers_name_is_one_line(monkeypatch: pytest.MonkeyPatch, said: str, title: str, name: str) -> None:
    """Else no letter with it in its subject could be sent, that of a forgotten password neither."""
    monkeypatch.setattr(published, "_known", [published.Published(catalogs=[Catalog("tyria", title=title)])])
    assert published.publisher_name(Settings(room=Room(publisher=said))) == name
