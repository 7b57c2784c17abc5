"""What clients were told of history and of ends stays told, whichever way it is said anew."""

from __future__ import annotations

from pathlib import Path

import pytest

from .test_lock import drift, told

TWO = """
@catalog.resource("tanks", Rows(lambda: []))
class Tank(Record):
    id: Annotated[int, Key()]
    x: Literal["a", "b", "c"]
    y: int
class Gun(Record):
    q: int
    z: int
class Shell(Record):
    q: int
    z: int
@catalog.resource("guns", Rows(lambda: []))
class Arms(Record):
    id: Annotated[int, Key()]
    gun: Gun
    shell: Shell
catalog.change("2023-01-01", Tank, "`y` is new.", Added("y"))
catalog.change("2024-01-01", Gun, "`z` is new.", Added("z"))
"""
FIRST = 'catalog.change("2024-06-01", Tank, "`b` was `a`.", Revalued("x", {"b": "a"}))\n'
SECOND = 'catalog.change("2024-06-01", Tank, "`c` was `b`.", Revalued("x", {"c": "b"}))\n'


def end(version: str, sunset: str | None) -> str:
    return f'catalog.deprecate("{version}", on="2025-01-01"{f", sunset={sunset!r}" if sunset else ""})\n'


@pytest.mark.parametrize(("before", "after", "breaks"), [
    (end("earliest", "2029-01-01"), end("2023-01-01", "2028-01-01"), ["earliest is 2028-01-01, and was 2029-01-01"]),
    (end("earliest", "2029-01-01"), end("2023-01-01", "2029-01-01"), []),
    (end("2023-01-01", "2029-01-01"), end("earliest", "2028-01-01") + end("2023-01-01", "2029-01-01"),
     ["earliest is 2028-01-01, and was 2029-01-01"]),
    (end("2023-01-01", "2029-01-01"), end("earliest", "2029-01-01"), []),
    (end("2023-01-01", "2029-01-01"), end("2023-01-01", None), []),
    (end("2023-01-01", None), end("2023-01-01", "2026-03-02"), []),
    (end("2023-01-01", None), end("2023-01-01", "2026-03-01"), ["2023-01-01T00:00:00Z is 2026-03-01, and was announced without a day"]),
    ("", end("earliest", "2025-02-01"), ["earliest is 2025-02-01, and was not announced"]),
    ("", end("earliest", "2027-02-01"), []),
])
def test_no_version_goes_sooner_than_it_was_told(tmp_path: Path, before: str, after: str, breaks: list[str]) -> None:
    """By what is said of it or of a later one; and none is gone on the day on which its end is announced."""
    found = told(drift(tmp_path, TWO + before, TWO + after))
    assert [each.removeprefix("breaking the end of the version ") for each in found if each.startswith("breaking")] == breaks


@pytest.mark.parametrize(("before", "after", "said"), [
    (TWO + FIRST + SECOND, TWO + SECOND + FIRST, "breaking the change of Tank at 2024-06-01T00:00:00Z stands after others"),
    (TWO, TWO.replace('01-01", Gun,', '01-01", Shell,'), "breaking the change of Gun at 2024-01-01T00:00:00Z is gone"),
    (TWO, TWO.replace("Gun", "Cannon"), "cosmetic the change of Cannon at 2024-01-01T00:00:00Z is told in other words"),
])
def test_history_stays_what_it_was(tmp_path: Path, before: str, after: str, said: str) -> None:
    """In its order, and of the same class, under whatever name that is known today."""
    found = told(drift(tmp_path, before, after))
    assert [each for each in found if each.startswith(said)], found
    assert said.startswith("breaking") or not [each for each in found if each.startswith("breaking")]


def test_hosts_of_no_cluster_are_answered_by_the_first(tmp_path: Path) -> None:
    """So that its place counts."""
    named = 'catalog = Catalog("armory", database={})\n' + TWO.partition("catalog.change")[0]
    eu, na = '{"eu": "sqlite:///eu.db", "na": "sqlite:///na.db"}', '{"na": "sqlite:///na.db", "eu": "sqlite:///eu.db"}'
    found = told(drift(tmp_path, named.replace("{}", eu), named.replace("{}", na)))
    assert found == ["breaking armory answers hosts of no cluster from na, and did from eu"]


@pytest.mark.parametrize(("of", "said", "weight"), [
    ("str", "all", "breaking"), ("Localized", "all", "breaking"), ('Literal["all", "some"]', "all", "breaking"),
    ('Literal["none", "some"]', "all", "additive"), ("int", "all", "additive"), ("list[str]", "all", "breaking"),
])
def test_a_word_for_all_must_have_meant_nothing_else(tmp_path: Path, of: str, said: str, weight: str) -> None:
    """Whoever asked for that value got its records, and not all of them."""
    text = TWO.replace("    y: int\n", f"    y: Annotated[{of}, Filter()]\n")
    found = told(drift(tmp_path, text, text.replace("Filter()", f"Filter(any={said!r})")))
    assert [each.split()[0] for each in found] == [weight]
