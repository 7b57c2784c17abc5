"""Compressing whole lists ahead, at publication, so that no request has to."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from ..formats.codings import CODINGS, SIZE_MIN_BYTES, Compressor, compressor
from .files import Writer, pack
from .manifest import FileFacts, Section

_CHUNK_BYTES = 1 << 20


def prepare(path: Path, lists: Mapping[str, Path], scratch: Path, max_bytes: int) -> tuple[dict[str, FileFacts], dict[str, Section]]:
    """Write lists in each coding to one file, those whose size in bytes is worth it: its name, where there is any, and its parts by
    `<list>.<coding>`."""
    parts: dict[str, Path] = {}
    for name, data in lists.items():
        size = data.stat().st_size
        if SIZE_MIN_BYTES <= size <= max_bytes:
            parts |= {f"{name}.{coding}": _compress(data, scratch / f"{name}.{coding}", compressor(coding, size)) for coding in CODINGS}
    if not parts:
        return {}, {}
    facts, sections = pack(path, parts)
    return {path.name: facts}, sections


def _compress(data: Path, path: Path, compressor: Compressor) -> Path:
    writer = Writer(path)
    try:
        for chunk in _chunks(data):
            writer.write(compressor.compress(chunk))
        writer.write(compressor.flush())
    finally:
        writer.close()
    return path


def _chunks(path: Path) -> Iterator[bytes]:
    with path.open("rb", buffering=0) as file:
        while chunk := file.read(_CHUNK_BYTES):
            yield chunk
