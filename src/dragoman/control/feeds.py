"""Feeds of the Room (Atom, RFC 4287), whatever stands in the texts that they tell."""

from __future__ import annotations

from typing import Any

from django.utils.feedgenerator import Atom1Feed
from django.utils.translation import get_language

from ..formats.facets import writable


class Feed(Atom1Feed):
    """A feed in the language that is active. What no XML can hold, such as a control character in what a publisher wrote, is replaced."""

    def __init__(self, title: str, author: str, place: str) -> None:
        """`place`: the address of the page that tells the same."""
        self._author = writable(author)
        super().__init__(title=writable(title), link=place, description="", language=get_language(), author_name=self._author,
                         feed_url=f"{place}feed.xml", feed_guid=f"{place}feed.xml")

    def add(self, title: str, description: str, **facts: Any) -> None:
        """Add an entry; `facts` as those of `add_item`."""
        self.add_item(title=writable(title), description=writable(description), author_name=self._author, **facts)
