"""Catalog files for the tests: a head that every one shares, and a way to load them."""

from __future__ import annotations

import itertools
import textwrap
from pathlib import Path

import pytest

from dragoman import Catalog
from dragoman.catalog.module import load_module
from dragoman.errors import DeclarationError

HEAD = """\
import enum
from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any, Literal, NewType
import msgspec
from dragoman import (Caller, Catalog, Extra, File, Filter, Key, Localized, Named, Needs, Progress, Record, Refers, Rows,
                      Search, Sort, Table)
catalog = Catalog("armory", languages=("en", "de"), permissions={"account": "Yours"}, database="sqlite:///a.db")
"""
_NUMBER = itertools.count()


def load(folder: Path, text: str, head: str = HEAD) -> Catalog:
    """The one catalog that a file of this text declares."""
    file = folder / f"catalog_{next(_NUMBER)}.py"
    file.write_text(head + textwrap.dedent(text))
    (catalog,) = load_module(file)
    return catalog


def refused(folder: Path, text: str, head: str = HEAD) -> DeclarationError:
    """Why a file of this text is refused."""
    with pytest.raises(DeclarationError) as caught:
        load(folder, text, head)
    return caught.value


def line_of(error: DeclarationError) -> str:
    """The text of the line that an error points at."""
    file, _, line = error.place.rpartition(":")
    return Path(file).read_text().splitlines()[int(line) - 1].strip()
