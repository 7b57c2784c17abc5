"""Collect the texts of the Room's pages for translators, and compile what they wrote: `python -m scripts.messages`.

New texts come into `locale/*/LC_MESSAGES/django.po` empty, those that are gone leave it; the same is then compiled beside it.
Where two branches have both compiled, join the `.po` files and run this again.
"""

from __future__ import annotations

import datetime as dt
import io
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_python
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po
from django.utils.translation.template import templatize

CONTROL = Path(__file__).parents[1] / "src" / "dragoman" / "control"
KEYWORDS: dict[str, Any] = {
    **dict.fromkeys(("_", "gettext", "gettext_lazy", "gettext_noop")),
    **dict.fromkeys(("ngettext", "ngettext_lazy"), (1, 2)),
    **dict.fromkeys(("pgettext", "pgettext_lazy"), ((1, "c"), 2)),
    **dict.fromkeys(("npgettext", "npgettext_lazy"), ((1, "c"), 2, 3)),
}
OWN_LANGUAGE = "en"
"""The language of the texts themselves: its file holds only what is said otherwise than where it comes from."""
_LITERAL = r"u?(?:'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\")"
_CALL = re.compile(rf"\b(?:n?p?gettext|_)\(\s*{_LITERAL}(?:,\s*{_LITERAL})*(?:,\s*count)?\s*\)")
_ALWAYS = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
_CHANGING = (b'"Project-Id', b'"Report-Msgid', b'"POT-Creation', b'"PO-Revision', b'"Last-Translator', b'"Language-Team', b'"Generated-By')
"""Headers that would differ in every branch."""


def files() -> list[Path]:
    """Every file of translations."""
    return sorted(CONTROL.glob("locale/*/LC_MESSAGES/django.po"))


def sources() -> Iterator[tuple[Path, str]]:
    """Every file with texts, as Python: templates are turned into calls."""
    for path in sorted(CONTROL.rglob("*.py")):
        yield path, path.read_text()
    for path in sorted([*CONTROL.glob("*/templates/**/*.html"), *CONTROL.glob("*/templates/**/*.txt")]):
        yield path, "\n".join(call[0] for call in _CALL.finditer(templatize(path.read_text(), str(path))))


def collect() -> Catalog:
    """Every text of our pages, without translations."""
    found = Catalog()
    for _path, source in sources():
        calls = extract_python(io.BytesIO(source.encode()), list(KEYWORDS), (), {"encoding": "utf-8"})
        for line, function, texts, _comments in calls:
            _add(found, line, function, texts if isinstance(texts, tuple) else (texts,))
    return found


def _add(found: Catalog, line: int, function: str, given: tuple[Any, ...]) -> None:
    texts = [text for text in given if isinstance(text, str)]
    context = texts.pop(0) if "pgettext" in function else None
    wanted = 2 if "ngettext" in function or "npgettext" in function else 1
    if len(texts) < wanted:
        raise SystemExit(f"line {line}: {function}() needs its texts as literals")
    found.add(tuple(texts[:2]) if wanted == 2 else texts[0], context=context)


def renewed(po: Path) -> Catalog:
    """A file's translations, of every text that there is now and of no other."""
    with po.open("rb") as file:
        known = read_po(file, locale=po.parts[-3], domain="django")
    known.update(collect(), no_fuzzy_matching=True)
    known.obsolete.clear()
    fresh = Catalog(locale=po.parts[-3], charset="utf-8", fuzzy=False, header_comment="# Texts of the Room.",
                    creation_date=_ALWAYS, revision_date=_ALWAYS)
    for message in known:
        if message.id and (any(_strings(message)) or po.parts[-3] != OWN_LANGUAGE):
            fresh.add(message.id, message.string, flags=message.flags & {"python-format"}, context=message.context)
    return fresh


def written(catalog: Catalog) -> bytes:
    """The `.po` file of a catalog, the same whenever and by whomever it is written."""
    out = io.BytesIO()
    write_po(out, catalog, width=120, no_location=True, sort_output=True)
    return b"".join(line for line in out.getvalue().splitlines(keepends=True) if not line.startswith(_CHANGING))


def compiled(catalog: Catalog) -> bytes:
    """The `.mo` file of a catalog."""
    out = io.BytesIO()
    write_mo(out, catalog)
    return out.getvalue()


def missing(catalog: Catalog) -> list[str]:
    """The texts that have no translation, or not one in every form of plural."""
    return [str(message.id) for message in catalog if message.id and not all(_strings(message))]


def _strings(message: Any) -> tuple[str, ...]:
    return message.string if isinstance(message.string, tuple) else (message.string,)


def main() -> None:
    """Renew and compile every file; say what waits for a translator."""
    for po in files():
        catalog = renewed(po)
        po.write_bytes(written(catalog))
        po.with_suffix(".mo").write_bytes(compiled(catalog))
        for text in missing(catalog):
            sys.stdout.write(f"{po.parts[-3]}: not translated: {text!r}\n")


if __name__ == "__main__":
    main()
