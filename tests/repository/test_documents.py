"""The documents tell the truth: requirements, settings, commands, layers, links, examples."""

from __future__ import annotations

import re
import subprocess
import tomllib
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import msgspec
import pytest

from dragoman.catalog.module import load_module
from dragoman.cli import main
from dragoman.settings import Section, Settings, load

from .tracked import PAGES, ROOT, marks, name

README = (ROOT / "README.md").read_text()


def blocks(text: str, language: str) -> list[str]:
    """The fenced examples of a page in a language."""
    return re.findall(rf"^```{language}\n(.*?)^```", text, re.M | re.S)


# -------------------------------------------------------------------------------------------- requirements


def test_every_requirement_that_is_shown_has_a_test_and_the_other_way_round() -> None:
    """docs/requirements.md and the marks of the tests agree."""
    rows = dict(re.findall(r"^\| ([LGDW]\d+) \| .+ \| ([^|]+) \|$", (ROOT / "docs/requirements.md").read_text(), re.M))
    carried = defaultdict(set)
    for id, file in marks():
        carried[id].add(file)
    assert len(rows) == 58
    assert carried.keys() <= rows.keys()
    assert {id for id, shown in rows.items() if shown != "planned"} == carried.keys()
    for id, shown in rows.items():
        for place in re.findall(r"`([^`]+)`", shown):
            assert any(file.startswith(place) for file in carried[id]), f"{id} is not shown in {place}"


# -------------------------------------------------------------------------------------------- settings


def settings(section: type[Section] = Settings, prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Every setting by its dotted name, with its default."""
    for field in msgspec.structs.fields(section):
        if isinstance(field.type, type) and issubclass(field.type, Section):
            yield from settings(field.type, f"{field.name}.")
        else:
            yield prefix + field.name, field.default if field.default is not msgspec.NODEFAULT else field.default_factory()


ROWS = {name: (variable, default) for name, variable, default in re.findall(
    r"^\| `([a-z_.]+)` \| (.+?) \| (.+?) \| .{10,} \|$", (ROOT / "docs/settings.md").read_text(), re.M)}


CHOSEN = {"mail.security": "tls", "former_hosts": "old.example.org until 2027-01-31", "room.password_memory_mib": "77",
          "operations.kept_days": "9"}
"""What to set where not every text will do."""


def test_every_setting_is_documented_with_its_default() -> None:
    """None is missing, none is there that is not."""
    def shown(default: Any) -> str:
        if default in (None, "", (), {}):
            return "empty"
        return f"`{str(default).lower() if isinstance(default, bool) else default}`"

    assert {name: default for name, (_, default) in ROWS.items()} == {name: shown(default) for name, default in settings()}


@pytest.mark.parametrize("setting", [name for name, (variable, _) in ROWS.items() if variable != "file only"])
def test_the_documented_variable_sets_the_setting(setting: str) -> None:
    """`DRAGOMAN_HTTP__HEADERS_MAX=7` is `http.headers_max = 7`."""
    default = dict(settings())[setting]
    kind = bool if default is None else type(default)       # a switch that is neither on nor off until it is set
    text = CHOSEN.get(setting) or {bool: str(default is False).lower(), int: "7", float: "7", str: "seven", tuple: "192.0.2.7"}[kind]
    variable = ROWS[setting][0].strip("`")
    assert variable == "DRAGOMAN_" + setting.replace(".", "__").upper()
    found: Any = load(environment={variable: text})
    for part in setting.split("."):
        found = getattr(found, part)
    assert found != default
    assert found == {bool: default is False, tuple: (text,)}.get(kind, kind(text))


def test_the_example_of_a_settings_file_is_one(tmp_path: Path) -> None:
    """Each can be pasted."""
    whole, moving, sign_in = blocks((ROOT / "docs/settings.md").read_text(), "toml")
    file = tmp_path / "dragoman.toml"
    file.write_text(whole)
    assert load(file, {}).clusters["eu"].hosts == ("api.example.eu",)
    file.write_text(moving)
    assert load(file, {}).bases()["gw2"].former[0].day == "2027-01-31"
    file.write_text(sign_in)
    assert set(load(file, {}).sign_in) == {"studio", "forum"}


# -------------------------------------------------------------------------------------------- commands


def targets() -> list[str]:
    """What the Makefile offers."""
    found = re.search(r"^\.PHONY: (.*)$", (ROOT / "Makefile").read_text(), re.M)
    assert found is not None
    return found[1].split()


def test_make_help_lists_every_target() -> None:
    """A person finds what can be made without reading the Makefile."""
    told = subprocess.check_output(["make", "--no-print-directory", "help"], cwd=ROOT, text=True)
    for target in targets():
        assert re.search(rf"^{target} +\w.{{10,}}", told, re.M), target


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_pages_name_commands_that_exist(page: Path) -> None:
    """Every `make x` is a target, every `dragoman x` a command."""
    code = "\n".join([*re.findall(r"`([^`\n]+)`", PAGES[page]), *blocks(PAGES[page], "sh")])
    assert set(re.findall(r"(?:^|&& )make ([a-z]+)", code, re.M)) <= set(targets())
    assert isinstance(main, click.Group)
    assert set(re.findall(r"^(?:\.venv/bin/)?dragoman ([a-z]+)", code, re.M)) <= set(main.commands)


def commands(group: click.Group, *path: str) -> Iterator[tuple[str, click.Command]]:
    """Every command by its whole name, and the groups on the way."""
    yield " ".join(path), group
    for word, command in group.commands.items():
        if isinstance(command, click.Group):
            yield from commands(command, *path, word)
        else:
            yield " ".join((*path, word)), command


@pytest.mark.parametrize("command", [pytest.param(command, id=words) for words, command in commands(main, "dragoman")])
def test_help_is_whole(command: click.Command) -> None:
    """No description is cut off in a list, and each option tells what it is for."""
    with click.Context(command) as context:
        assert not re.search(r"\.\.\.$", command.get_help(context).partition("Commands:")[2], re.M)
    for option in command.params:
        assert not isinstance(option, click.Option) or option.help, option.name


def test_ci_runs_what_people_run() -> None:
    """Its commands are those of the README, in a shell that stops at the first failure."""
    script = (ROOT / ".ci/run").read_text()
    commands = re.findall(r"^make ([a-z]+)$", script, re.M)
    assert commands == ["check", "test"]
    assert all(f"make {command}" in README for command in commands)


# -------------------------------------------------------------------------------------------- pages


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_links_lead_somewhere(page: Path) -> None:
    """Relative links name files that are there."""
    links = re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", re.sub(r"^```.*?^```", "", PAGES[page], flags=re.M | re.S))
    lost = [link for link in links if "://" not in link and not (page.parent / link).exists()]
    assert not lost


def test_the_layers_are_drawn_as_they_are() -> None:
    """docs/architecture.md shows what import-linter proves."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    layers = project["tool"]["importlinter"]["contracts"][0]["layers"]
    assert "\n".join(["```", *layers, "```"]) in (ROOT / "docs/architecture.md").read_text()


@pytest.mark.parametrize("package", sorted(
    path.name for path in (ROOT / "src/dragoman").iterdir() if path.is_dir() and (path / "__init__.py").exists()))
def test_contributing_has_a_paragraph_for_every_package(package: str) -> None:
    """The map of the code is whole."""
    assert f"**`{package}/`**" in (ROOT / "CONTRIBUTING.md").read_text()


@pytest.mark.parametrize("page", ["README.md", "docs/publishing.md", "docs/versions.md"])
def test_the_catalogs_in_the_documents_load(page: str, tmp_path: Path) -> None:
    """What is shown as an example is a catalog that would be served."""
    examples = [block for block in blocks((ROOT / page).read_text(), "python") if "Catalog(" in block]
    assert examples
    for number, example in enumerate(examples):
        file = tmp_path / f"example_{number}_{page.partition('.')[0].replace('/', '_')}.py"
        file.write_text(example)
        assert load_module(file)


def test_the_changelog_has_a_place_for_what_is_new() -> None:
    """Under `Unreleased`, in the groups of Keep a Changelog."""
    text = (ROOT / "CHANGELOG.md").read_text()
    assert re.search(r"^## \[?Unreleased\]?$", text, re.M)
    groups = set(re.findall(r"^### (.+)$", text, re.M))
    assert groups <= {"Added", "Changed", "Deprecated", "Removed", "Fixed", "Security"}
