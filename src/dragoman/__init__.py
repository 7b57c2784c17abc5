"""Dragoman publishes data as public APIs, in whichever convention, language and format the client knows.

What a publisher's catalog needs is here: `from dragoman import Catalog, Key, Record, Table`.
"""

from .catalog.attachment import Attachment
from .catalog.catalog import Catalog
from .catalog.markers import Extra, Filter, Key, Localized, Named, Needs, Refers, Search, Sort
from .catalog.origin import File, Rows, Table
from .catalog.record import Record
from .catalog.steps import Added, Defaulted, Renamed, Reshaped, Revalued
from .errors import MethodError
from .query import Caller, Progress, Transaction

__version__ = "0.1.0"

__all__ = [
    "Added", "Attachment", "Caller", "Catalog", "Defaulted", "Extra", "File", "Filter", "Key", "Localized", "MethodError", "Named", "Needs",
    "Progress", "Record", "Refers", "Renamed", "Reshaped", "Revalued", "Rows", "Search", "Sort", "Table", "Transaction",
]
