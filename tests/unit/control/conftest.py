"""Django, configured once for this process, on a database of its own in a folder that nobody else knows."""

from __future__ import annotations

import pytest

from dragoman.control.configuration import configure
from dragoman.settings import Settings


@pytest.fixture(scope="session", autouse=True)
def configured(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Models can be imported once this has run: import them within tests."""
    folder = tmp_path_factory.mktemp("control")
    configure(Settings(data_dir=str(folder)))
    (folder / "control.db").touch()
