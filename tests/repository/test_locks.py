"""The locks: every package by its hash, none by an address, and none older than what is known to be safe."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

from .tracked import FILES, ROOT, name

LOCKS = {lock.name: lock.read_text() for lock in sorted((ROOT / "requirements").glob("*.txt"))}
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())

SAFE_SINCE = {
    "h11": (0, 16, 0),              # before it, lenient ends of chunks let requests be smuggled (CVE-2025-43859)
    "httptools": (0, 9, 0),         # what serving/framing.py mends was measured on it
    "uvicorn": (0, 54, 0),          # what serving/protocol.py was read against
    "lxml": (6, 1, 0),              # earlier releases resolve more than we allow
    "sqlalchemy": (2, 1, 0),        # what the quoting of names was tried on
    "duckdb": (2, 0, 0),            # what the switches against extensions and other files were tried on
    "pygments": (2, 15, 1),         # before it, texts could hold up its patterns (CVE-2022-40896)
    "babel": (2, 9, 1),             # before it, locale files could be loaded from anywhere (CVE-2021-42771)
}
"""Scanners that know nothing of a package say nothing; these bounds hold without them."""


def pinned(lock: str) -> dict[str, tuple[int, ...]]:
    """Packages and versions of a lock; of several for several platforms the oldest."""
    found: dict[str, tuple[int, ...]] = {}
    for package, version in re.findall(r"^([a-z0-9.-]+)==([0-9.]+)", lock, re.M):
        numbers = tuple(int(part) for part in version.split(".") if part)
        found[package] = min(found.get(package, numbers), numbers)
    return found


@pytest.mark.parametrize("lock", LOCKS.values(), ids=LOCKS)
def test_a_lock_names_packages_by_version_and_hash_alone(lock: str) -> None:
    """What is installed is what was locked, wherever it comes from."""
    packages = re.split(r"\n(?=[a-z0-9])", lock)
    assert len(packages) > 10
    for package in packages:
        assert re.match(r"[a-z0-9.-]+(\[[a-z,]+\])?==\S+", package), package
        assert "--hash=sha256:" in package, package
    assert "://" not in lock
    assert not re.search(r"^(-|--)", lock, re.M), "an option stands in a lock"


@pytest.mark.parametrize("lock", LOCKS.values(), ids=LOCKS)
def test_no_package_is_older_than_what_is_known_to_be_safe(lock: str) -> None:
    """Minimum versions are asserted here, not left to scanners."""
    versions = pinned(lock)
    old = {package: versions[package] for package, least in SAFE_SINCE.items()
           if package in versions and versions[package] < least}
    assert not old


def test_what_faces_the_network_is_locked() -> None:
    """The bounds above speak of packages that are there."""
    assert {"httptools", "lxml", "uvicorn", "sqlalchemy", "duckdb"} <= set(pinned(LOCKS["run.txt"]))


def test_the_locks_follow_the_project() -> None:
    """A dependency that was added is locked: `make lock`."""
    optional = [each for extra in PROJECT["project"]["optional-dependencies"].values() for each in extra]
    groups = PROJECT["dependency-groups"]

    def names(requirements: list[str]) -> set[str]:
        return {re.split(r"[^A-Za-z0-9._-]", each)[0].lower().replace("_", "-") for each in requirements}

    run = names([*PROJECT["project"]["dependencies"], *optional, *groups["build"]])
    assert run <= set(pinned(LOCKS["run.txt"]))
    assert run | names([*groups["test"], *groups["check"]]) <= set(pinned(LOCKS["dev.txt"]))


@pytest.mark.parametrize("lock", sorted((ROOT / "tests/clients").glob("*/*.txt")), ids=name)
def test_clients_are_locked_as_well(lock: Path) -> None:
    """By version and hash, for each package that stands in what the lock was made from."""
    text = lock.read_text()
    packages = re.split(r"\n(?=[a-z0-9])", text)
    assert all(re.match(r"[a-z0-9-]+==\S+", each) and "--hash=sha256:" in each for each in packages), text
    assert "://" not in text
    wanted = re.findall(r"^[a-z0-9-]+", lock.with_suffix(".in").read_text(), re.M)
    assert set(wanted) <= set(pinned(text))


def test_both_locks_agree() -> None:
    """What runs is what was tested."""
    run, dev = pinned(LOCKS["run.txt"]), pinned(LOCKS["dev.txt"])
    assert {package: dev.get(package) for package in run} == run


def test_no_lock_holds_addresses() -> None:
    """uv.lock and the like name the index that made them."""
    assert not [name(path) for path in FILES if path.name in ("uv.lock", "poetry.lock", "Pipfile.lock", "yarn.lock")]
    for path in FILES:
        if path.name == "package-lock.json":
            assert '"resolved"' not in path.read_text(), name(path)
            assert '"integrity"' in path.read_text(), name(path)
