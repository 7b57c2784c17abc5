"""Django's settings as a module, for tools that want one: `mypy`, and `python -m django makemigrations`."""

from __future__ import annotations

import tempfile

from ..settings import Settings
from .configuration import values_of

globals().update(values_of(Settings(data_dir=tempfile.gettempdir() + "/dragoman-tooling")))
