"""`dragoman check` as publishers and their pipelines run it: real files, and clients of the version before."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from dragoman.cli import main

from ..conftest import Server, run_dragoman

CATALOG = """
from typing import Annotated
from dragoman import Catalog, Filter, Key, Localized, Record, Rows, Sort

catalog = Catalog("armory", languages=("en", "de", "zh", "zh-tw"))
ROWS = [
    {"id": 1, "name": {"en": "Sword", "de": "Schwert", "zh": "劍"}, "tier": 3, "parts": [{"label": {"en": "Hilt"}}]},
    {"id": 2, "name": {"en": "Bow", "de": ""}, "tier": 1, "parts": []},
    {"id": 3, "name": {}, "tier": 1, "parts": [{"label": {"en": "Tip"}}, {"label": {"en": "Rod", "ZH_TW": "杆"}}]},
]


class Part(Record):
    label: Localized


@catalog.resource("weapons", Rows(lambda: ROWS))
class Weapon(Record):
    id: Annotated[int, Key()]
    name: Localized
    tier: Annotated[int, Filter(), Sort()]
    parts: list[Part]
"""
RENAMED = CATALOG.replace("    tier:", "    rank:").replace('"tier":', '"rank":')


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a catalog that was locked."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "catalog.py").write_text(CATALOG)
    assert run("--write").exit_code == 0
    return tmp_path


def run(*options: str, sources: tuple[str, ...] = ("catalog.py",)) -> Result:
    """The command in this process; what it told on standard error is in `stderr`."""
    return CliRunner().invoke(main, ["check", *options, *sources], catch_exceptions=False)


def edit(folder: Path, text: str) -> None:
    """Write the catalog anew."""
    (folder / "catalog.py").write_text(text)


def pasted(output: str) -> str:
    """The Python that is proposed."""
    return output.partition("below the declarations.\n")[2].partition("\ncatalog.lock:")[0].partition("\nNo change explains")[0]


@pytest.mark.covers("G10")
def test_a_change_as_printed_keeps_clients_of_the_version_before(
    serve: Callable[..., Server], tmp_path_factory: pytest.TempPathFactory,
) -> None:
    """From the lock by the check to the answer: nobody who knows `tier` has to learn `rank`."""
    folder = tmp_path_factory.mktemp("shop")
    edit(folder, CATALOG)
    written = run_dragoman("check", "--write", "catalog.py", cwd=folder)
    assert (written.returncode, written.stdout) == (0, "Wrote catalog.lock.\n")
    edit(folder, RENAMED)
    broken = run_dragoman("check", "catalog.py", cwd=folder)
    assert broken.returncode == 1
    assert "catalog.py:17: breaking: data/weapons.tier is gone" in broken.stdout
    assert 'T00:00:00Z", Weapon, "`tier` is called `rank`.", Renamed("rank", before="tier"))' in broken.stdout
    edit(folder, RENAMED + pasted(broken.stdout))
    mended = run_dragoman("check", "catalog.py", cwd=folder)
    assert mended.returncode == 0, mended.stdout
    assert "nothing breaks. Note what is new: dragoman check --write" in mended.stdout
    server = serve(catalog=(folder / "catalog.py").read_text())
    assert server.get("/v2/weapons/1").json()["tier"] == 3
    assert server.get("/v2/weapons/1?v=latest").json()["rank"] == 3
    assert [each["id"] for each in server.get("/v2/weapons?ids=all&tier=1").json()] == [2, 3]


def test_a_missing_lock_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It passes nothing that it has not seen."""
    monkeypatch.chdir(tmp_path)
    edit(tmp_path, CATALOG)
    missing = run()
    assert missing.exit_code == 1
    assert "catalog.lock is missing" in missing.output
    assert "dragoman check --write" in missing.output
    assert not (tmp_path / "catalog.lock").exists()


def test_what_is_proposed_comes_before_what_is_not_locked_yet(shop: Path) -> None:
    """And says why its time is an odd one: two changes on one day."""
    edit(shop, RENAMED + pasted_of(shop))
    assert "so it comes before" not in run().output
    edit(shop, (shop / "catalog.py").read_text().replace("    parts:", "    pieces:").replace('"parts":', '"pieces":'))
    told = run().output
    assert "It speaks of what the lock knows, so it comes before what was declared since (20" in told
    assert 'T23:59:59Z", Weapon, "`parts` is called `pieces`."' in told


def test_history_is_put_back(shop: Path) -> None:
    """Another remedy than for what a change could explain."""
    edit(shop, RENAMED + pasted_of(shop))
    assert run("--write").exit_code == 0
    text = (shop / "catalog.py").read_text()
    edit(shop, text.replace('catalog.change("20', 'catalog.change("19'))
    told = run()
    assert told.exit_code == 1
    assert "What was published of history stays: put it back as the lock has it" in told.output
    assert "is dated before what was published already" in told.output
    assert "No change explains these" not in told.output


def pasted_of(folder: Path) -> str:
    """What is proposed for the other name."""
    edit(folder, RENAMED)
    return pasted(run().output)


def test_who_has_read_enough_is_told_nothing(shop: Path) -> None:
    """Such as `head`: a pipe that ends is no error of the catalog."""
    edit(shop, RENAMED)
    with subprocess.Popen([sys.executable, "-m", "dragoman", "check", "catalog.py"], cwd=shop, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        assert process.stderr.read() == b""


def test_nothing_is_new(shop: Path) -> None:
    """The lock stays as it is, to the byte."""
    before = (shop / "catalog.lock").read_bytes()
    assert run().output == "catalog.lock: nothing has changed.\n"
    assert "says all of it already" in run("--write").output
    assert (shop / "catalog.lock").read_bytes() == before


def test_what_is_new_passes_and_asks_to_be_noted(shop: Path) -> None:
    """With its line."""
    edit(shop, CATALOG.replace("    parts:", "    made: str = ''\n    parts:"))
    found = run()
    assert found.exit_code == 0
    assert found.output == ("catalog.py:22: additive: data/weapons.made is new\n"
                            "catalog.lock: nothing breaks. Note what is new: dragoman check --write\n")
    assert run("--write").exit_code == 0
    assert '"made": {"type": "text"' in (shop / "catalog.lock").read_text()
    assert run().output == "catalog.lock: nothing has changed.\n"


def test_what_breaks_is_not_written_unless_it_is_accepted(shop: Path) -> None:
    """Whoever accepts it says so."""
    before = (shop / "catalog.lock").read_bytes()
    edit(shop, CATALOG.replace("Filter(), ", ""))
    refused = run("--write")
    assert refused.exit_code == 1
    assert "data/weapons.tier cannot be filtered by any more" in refused.output
    assert "No change explains these" in refused.output
    assert "clients would break. Nothing was written." in refused.output
    assert (shop / "catalog.lock").read_bytes() == before
    assert run("--write", "--accept").exit_code == 0
    assert run().output == "catalog.lock: nothing has changed.\n"
    assert run("--accept").exit_code == 2


def test_annotations_point_at_the_lines(shop: Path) -> None:
    """For reviewers of a change; what would end them is escaped."""
    edit(shop, RENAMED.replace('"en", "de"', '"en", "fr", "de"'))
    found = run("--format", "github")
    assert found.exit_code == 1
    lines = [line for line in found.output.splitlines() if line.startswith("::")]
    assert "::error file=catalog.py,line=17,title=dragoman check::breaking: data/weapons.tier is gone" in lines
    assert "::notice file=catalog.py,line=5,title=dragoman check::additive: armory has the new language fr" in lines


def test_a_catalog_that_does_not_load_is_annotated_too(shop: Path) -> None:
    """A change that does not fit what it meets, for instance."""
    edit(shop, CATALOG + '\nfrom dragoman import Added\ncatalog.change("2024-01-01", Weapon, "It is new.", Added("rank"))\n')
    found = run("--format", "github")
    assert found.exit_code == 1
    assert "::error file=catalog.py,line=25,title=dragoman check::the change of Weapon at 2024-01-01" in found.output


def test_what_older_changes_name_may_change_as_well(shop: Path) -> None:
    """The catalog cannot be served before that is explained, but the explanation is there."""
    older = '\nfrom dragoman import Renamed\ncatalog.change("2024-01-01", Weapon, "It was the level.", Renamed("tier", before="level"))\n'
    edit(shop, CATALOG + older)
    assert run("--write", "--accept").exit_code == 0
    edit(shop, RENAMED + older)
    found = run()
    assert found.exit_code == 1
    assert "Renamed() names 'tier', which is not there after it" in found.stderr
    assert 'Weapon, "`tier` is called `rank`.", Renamed("rank", before="tier"))' in found.output
    assert "error" in json.loads(run("--json").stdout)
    edit(shop, RENAMED + older + "\n".join(line for line in found.stdout.splitlines() if line.startswith("catalog.change(")))
    assert run().exit_code == 0


def test_machines_are_told_in_one_object(shop: Path) -> None:
    """With the changes to paste."""
    edit(shop, RENAMED)
    found = run("--json")
    assert found.exit_code == 1
    (file,) = json.loads(found.stdout)["files"]
    (catalog,) = file["catalogs"]
    assert not file["current"]
    assert {each["weight"] for each in catalog["differences"]} == {"breaking", "additive"}
    assert catalog["imports"] == ["from dragoman import Renamed"]
    assert "Renamed(" in catalog["changes"][0]
    edit(shop, CATALOG + "\ncatalog.change()\n")
    assert list(json.loads(run("--json", "--format", "github").stdout)) == ["error"]


def test_a_damaged_lock_is_an_error_with_the_remedy(shop: Path) -> None:
    """Not a pass."""
    (shop / "catalog.lock").write_text("<<<<<<< ours\n")
    found = run()
    assert found.exit_code == 1
    assert "it is no lock" in found.stderr


def test_data_without_code_have_no_lock(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """And are told how to get one."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "toys.csv").write_text("id,name\n1,Ball\n")
    found = run(sources=("toys.csv",))
    assert found.exit_code == 1
    assert "dragoman init" in found.stderr


def test_without_sources_what_was_served_last_is_checked(shop: Path, serve: Callable[..., Server]) -> None:
    """As `publish` does."""
    server = serve(catalog=CATALOG)
    server.process.terminate()
    server.process.wait(30)
    found = run("--data-dir", str(server.folder / "data"), sources=())
    assert "lock is missing" in found.output
    assert "Nothing was served from" in run("--data-dir", str(shop / "none"), sources=()).stderr


# -------------------------------------------------------------------------------------------- texts


@pytest.mark.covers("G9")
def test_what_is_untranslated_is_counted(shop: Path) -> None:
    """By resource, field and language; a parent's text is one, an empty one is none."""
    found = run("--texts", "--json")
    assert found.exit_code == 0
    told: list[dict[str, Any]] = json.loads(found.stdout)["untranslated"]
    assert [(each["field"], each["language"], each["missing"], each["texts"], each["keys"]) for each in told] == [
        ("name", "de", 1, 2, ["2"]), ("name", "zh", 1, 2, ["2"]), ("name", "zh-tw", 1, 2, ["2"]),
        ("parts.label", "de", 3, 3, ["1", "3"]), ("parts.label", "zh", 3, 3, ["1", "3"]), ("parts.label", "zh-tw", 2, 3, ["1", "3"]),
    ]
    assert "armory (default) data/weapons.name [de]: 1 of 2 texts are missing: 2" in run("--texts").output


def test_everything_is_translated(shop: Path) -> None:
    """In the one language that there is."""
    edit(shop, CATALOG.replace('("en", "de", "zh", "zh-tw")', '("en",)'))
    assert run("--texts").output == "Everything is translated.\n"


def test_rows_that_do_not_fit_are_told(shop: Path) -> None:
    """With their number."""
    edit(shop, CATALOG.replace('"tier": 1, "parts": []', '"tier": "one", "parts": []'))
    found = run("--texts")
    assert found.exit_code == 1
    assert "data/weapons: row 2 does not fit" in found.stderr
