"""Commands that keep a data directory in one file, and bring it back."""

from __future__ import annotations

from pathlib import Path

import click

from .. import backup as keeping
from ..settings import load
from .common import common, tell

_ELSEWHERE = "The accounts are in PostgreSQL and not in this file: {}"


@click.command(short_help="Keep accounts, keys and what was served in one file.")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@common
def backup(file: Path, data_dir: str | None, as_json: bool) -> None:
    """Write accounts, keys, operations, statistics and what was served into FILE, also while a server runs.

    Keep it like a password: whoever has it can pretend to be anybody. Editions are not in it: they are published again from
    your data. Accounts in PostgreSQL are not in it either: use `pg_dump` for them.
    """
    made = keeping.back_up(load(data_dir=data_dir), file)
    elsewhere = made.accounts == "postgresql"
    line = f"Wrote {file}: {', '.join(made.files)}."
    if elsewhere:
        line += "\n" + _ELSEWHERE.format("keep them by `pg_dump`.")
    tell({"file": str(file), "files": list(made.files), "accounts": made.accounts}, line, as_json=as_json)


@click.command(short_help="Bring back what `backup` kept.")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--force", is_flag=True, help="Also where there are accounts; what is replaced is put into a folder beside.")
@common
def restore(file: Path, force: bool, data_dir: str | None, as_json: bool) -> None:
    """Bring back what `backup` kept in FILE, once no server runs on the data directory."""
    settings = load(data_dir=data_dir)
    made, replaced = keeping.restore(settings, file, force=force)
    lines = [f"Restored {', '.join(made.files)}, as of {made.created_at:%Y-%m-%d %H:%M:%S} UTC, into {settings.data_dir}."]
    if replaced is not None:
        lines.append(f"What stood in its place lies in {replaced}.")
    if made.accounts == "postgresql":
        lines.append(_ELSEWHERE.format("bring them back by `psql` or `pg_restore`."))
    lines.append("Start it again with `dragoman serve` and what you served; data are published anew.")
    tell({"files": list(made.files), "accounts": made.accounts, "created_at": made.created_at.isoformat(),
          "replaced": str(replaced) if replaced else None}, "\n".join(lines), as_json=as_json)
