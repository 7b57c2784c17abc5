"""The command that announces something to developers."""

from __future__ import annotations

import datetime as dt

import click

from .common import actor, common, open_control, tell


@click.command(short_help="Announce something to developers.")
@click.argument("title")
@click.argument("text")
@click.option("--kind", type=click.Choice(["notice", "change", "base-address"]), default="notice", show_default=True,
              help="What it is about; it stands beside the title.")
@click.option("--from", "from_at", type=click.DateTime(), help="When it is shown first, in UTC; now by default.")
@click.option("--title-ru", default="", help="The same in Russian.")
@click.option("--text-ru", default="", help="The same in Russian.")
@common
def announce(
    title: str, text: str, kind: str, from_at: object, title_ru: str, text_ru: str, data_dir: str | None, as_json: bool,
) -> None:
    """Announce something: on a page, in the feed, in a banner, and by letters to those who want them."""
    open_control(data_dir)
    from ..control.administration import acts

    texts = {"title_en": title, "text_en": text, "title_ru": title_ru, "text_ru": text_ru}
    begins = from_at.replace(tzinfo=dt.UTC) if isinstance(from_at, dt.datetime) else None
    made = acts.announce(actor(), kind, texts, begins)
    tell({"id": str(made.pk), "from": made.from_at.isoformat()}, f"Announced: {made.title}", as_json=as_json)
