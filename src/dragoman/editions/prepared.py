"""Compressing whole lists ahead, at publication, so that no request has to."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from ..formats.codings import CODINGS, SIZE_MIN_BYTES, Compressor, compressor
from .files import Writer

_CHUNK_BYTES = 1 << 20


def compress(name: str, data: Path, size: int, folder: Path, max_bytes: int) -> Mapping[str, Path]:
    """Compress a file in each coding, if its size in bytes is worth it; the parts by `<name>.<coding>`."""
    if not SIZE_MIN_BYTES <= size <= max_bytes:
        return {}
    return {f"{name}.{coding}": _compress(data, folder / f"{name}.{coding}", compressor(coding, size)) for coding in CODINGS}


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
