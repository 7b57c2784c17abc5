"""The command that compares catalogs with what was published: check."""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ..errors import DeclarationError, SettingsError
from ..settings import Settings, load
from .common import common, say

if TYPE_CHECKING:
    from ..catalog.catalog import Catalog
    from ..catalog.lock.check import CheckedFile
    from ..catalog.lock.explain import Proposal

_PLAIN, _GITHUB = "plain", "github"


@click.command(short_help="Tell what would break clients.")
@click.argument("sources", nargs=-1, metavar="[CATALOG.py]...")
@click.option("--write", "writes", is_flag=True, help="Note in the lock what is published now.")
@click.option("--accept", is_flag=True, help="With --write: even if it breaks clients and no change explains it.")
@click.option("--texts", is_flag=True, help="Tell what is untranslated instead.")
@click.option("--format", "form", type=click.Choice([_PLAIN, _GITHUB]), default=_PLAIN,
              help="github: also annotate the lines, as GitHub Actions reads it.")
@common
def check(
    sources: tuple[str, ...], writes: bool, accept: bool, texts: bool, form: str, data_dir: str | None, as_json: bool,
) -> None:
    """Compare catalogs with their locks, and tell what would break clients and which change would explain it.

    Without sources, those are checked that the data directory has served last. The exit status is 1 where clients would break, and
    where there is no lock yet.
    """
    if accept and not writes:
        raise click.UsageError("--accept says how to --write.")
    settings = load(data_dir=data_dir)
    catalogs, wrong = _load(sources, settings)
    if wrong is not None and form == _GITHUB and not as_json:
        click.echo(_annotation("error", wrong.place, f"{wrong.name}: {wrong.reason} {wrong.remedy}"))
    if texts and wrong is None:
        _tell_texts(catalogs, settings, as_json=as_json)
    elif wrong is None:
        _check(catalogs, form, writes=writes, accept=accept, as_json=as_json)
    else:
        _tell_unfit(catalogs, wrong, as_json=as_json)


def _load(sources: Sequence[str], settings: Settings) -> tuple[list[Catalog], DeclarationError | None]:
    """The catalogs, and why they could not be served; where a change does not fit what it meets they are told all the same."""
    from .. import assembly

    served = assembly.Served(sources=tuple(sources)) if sources else assembly.recall(Path(settings.data_dir))
    try:
        return assembly.load_catalogs(served.sources, served.name, settings)[0], None
    except DeclarationError as error:
        wrong = error
    try:
        return assembly.load_catalogs(served.sources, served.name, settings, history=False)[0], wrong
    except DeclarationError:
        return [], wrong


def _tell_unfit(catalogs: Sequence[Catalog], wrong: DeclarationError, *, as_json: bool) -> None:
    """What became of the schema where a change does not fit it any more, as one that is missing may be the reason. Raises `wrong`."""
    from ..catalog.lock import check as checking

    try:
        checked = checking.check(catalogs, dt.datetime.now(dt.UTC))
    except DeclarationError:                        # one of the newer changes does not fit: there is nothing to compare with
        raise wrong from None
    if not as_json:
        for line in _lines(checked, _PLAIN):
            click.echo(line)
    raise wrong


def _check(catalogs: Sequence[Catalog], form: str, *, writes: bool, accept: bool, as_json: bool) -> None:
    from ..catalog.lock import check as checking

    checked = checking.check(catalogs, dt.datetime.now(dt.UTC))
    if not checked:
        raise SettingsError("There is nothing to check: data that are published without code have no lock. "
                            "`dragoman init SOURCE > catalog.py` writes a catalog of them.")
    broken = any(each.broken for each in checked)
    written = checking.write(catalogs) if writes and (accept or not broken) else []
    facts = {"files": [checking.facts_of(each) for each in checked], "written": [str(path) for path, new in written if new]}
    if as_json:
        say(facts)
    else:
        for line in _lines(checked, form):
            click.echo(line)
        for line in _endings(checked, writes=writes, written=bool(written)):
            click.echo(line)
        for path, new in written:
            click.echo(f"Wrote {_near(path)}." if new else f"{_near(path)} says all of it already.")
    if not written and (broken or any(each.missing for each in checked)):
        raise SystemExit(1)


# -------------------------------------------------------------------------------------------- lines


def _lines(checked: Sequence[CheckedFile], form: str) -> Iterator[str]:
    """What is found, the worst first, and then what would explain it."""
    found = [each for file in checked for catalog in file.catalogs for each in catalog.found]
    for weight, level in (("breaking", "error"), ("additive", "notice"), ("cosmetic", "")):
        for each in (each for each in found if each.weight == weight):
            yield f"{_near_place(each.place)}: {each.weight}: {each}" if each.place else f"{each.weight}: {each}"
            if form == _GITHUB and level:
                yield _annotation(level, each.place, f"{each.weight}: {each}")
    for file in checked:
        for catalog in file.catalogs:
            yield from _proposed(catalog.proposal)


def _proposed(proposal: Proposal) -> Iterator[str]:
    if proposal.changes:
        yield "\nThis would explain it to clients of old versions; it is a guess. Read it, describe it, paste it below the declarations."
        if proposal.since:
            yield f"It speaks of what the lock knows, so it comes before what was declared since ({proposal.since})."
        yield "\n" + proposal.text
    history, left = ([each for each in proposal.left if (each.aspect == "changes") == told] for told in (True, False))
    if history:
        yield "What was published of history stays: put it back as the lock has it, and give what is new a time after all of that:"
        yield from (f"  {each}" for each in history)
    if left:
        yield "No change explains these: take them back, publish what is new at a path of its own and end the old one with until=, or, if"
        yield "nobody relies on it, accept them (--write --accept):"
        yield from (f"  {each}" for each in left)


def _endings(checked: Sequence[CheckedFile], *, writes: bool, written: bool) -> Iterator[str]:
    """What to do about each lock."""
    for file in checked:
        lock = _near(file.lock)
        if file.missing and not writes:
            yield f"{lock} is missing, so nobody can tell what changed. Write it and keep it with the catalog: dragoman check --write"
        elif file.broken:
            yield f"{lock}: clients would break." + (" Nothing was written." if writes and not written else "")
        elif not file.current and not writes:
            yield f"{lock}: nothing breaks. Note what is new: dragoman check --write"
        elif file.current:
            yield f"{lock}: nothing has changed."


def _annotation(level: str, place: str, message: str) -> str:
    """A command of GitHub's workflows; it escapes what would end it."""
    file, _, line = place.rpartition(":")
    where = [f"file={_escaped(_near(Path(file)), ',:')}", f"line={line}"] if file and line.isdecimal() else []
    return f"::{level} {','.join([*where, 'title=dragoman check'])}::{_escaped(message)}"


def _escaped(text: str, others: str = "") -> str:
    return "".join(f"%{ord(each):02X}" if each in f"%\r\n{others}" else each for each in text)


def _near_place(place: str) -> str:
    file, _, line = place.rpartition(":")
    return f"{_near(Path(file))}:{line}"


def _near(path: Path) -> str:
    """A path from here, where it is below."""
    here = Path(os.getcwd()).resolve()  # noqa: PTH109  # the same
    return str(path.relative_to(here)) if path.is_relative_to(here) else str(path)


# -------------------------------------------------------------------------------------------- texts


def _tell_texts(catalogs: Sequence[Catalog], settings: Settings, *, as_json: bool) -> None:
    """What is untranslated in the sources, for each catalog and cluster."""
    import contextlib
    import sys

    from .. import assembly

    shops = assembly.open_sources(catalogs, settings)
    with contextlib.redirect_stdout(sys.stderr):        # sources may print
        found = assembly.untranslated(shops)
    if as_json:
        say({"untranslated": found})
        return
    for each in found:
        keys = ", ".join(each["keys"]) + (", ..." if each["missing"] > len(each["keys"]) else "")
        click.echo(f"{each['catalog']} ({each['cluster']}) {each['resource']}.{each['field']} [{each['language']}]: "
                   f"{each['missing']:,} of {each['texts']:,} texts are missing: {keys}")
    if not found:
        click.echo("Everything is translated.")
