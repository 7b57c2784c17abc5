"""Compressing whole lists ahead, at publication, so that no request has to."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import zstandard

from .files import Writer

LEAST_BYTES = 1_000
"""Below this a compressed body saves nothing worth having."""
_CHUNK_BYTES = 1 << 20
_GZIP_WINDOW = 31
"""zlib's way to ask for a gzip header around the largest window."""
_ZSTD_WINDOW_LOG_MAX = 23
"""Eight megabytes: what every client of the content coding must be able to read (RFC 9659)."""


def compress(name: str, data: Path, size: int, folder: Path, max_bytes: int) -> Mapping[str, Path]:
    """Compress a file in each coding, if its size in bytes is worth it; the parts by `<name>.<coding>`."""
    if not LEAST_BYTES <= size <= max_bytes:
        return {}
    return {f"{name}.{coding}": _compress(data, folder / f"{name}.{coding}", open_(size))
            for coding, open_ in _CODINGS.items()}


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


class Compressor:
    """What both libraries offer: chunks in, chunks out, and the rest at the end."""

    def __init__(self, compress: Callable[[bytes], bytes], flush: Callable[[], bytes]) -> None:
        self.compress, self.flush = compress, flush


def _gzip(size: int) -> Compressor:
    """Small lists get the best level, large ones a quick one: seconds matter more than the last percent."""
    level = 9 if size <= 1 << 20 else 6 if size <= 1 << 23 else 4
    made = zlib.compressobj(level, zlib.DEFLATED, _GZIP_WINDOW)
    return Compressor(made.compress, made.flush)


def _zstd(size: int) -> Compressor:
    level = 15 if size <= 1 << 20 else 9 if size <= 1 << 23 else 5
    parameters = zstandard.ZstdCompressionParameters.from_level(level, source_size=size)
    if parameters.window_log > _ZSTD_WINDOW_LOG_MAX:
        parameters = zstandard.ZstdCompressionParameters.from_level(
            level, source_size=size, window_log=_ZSTD_WINDOW_LOG_MAX)
    made = zstandard.ZstdCompressor(compression_params=parameters).compressobj(size=size)
    return Compressor(made.compress, made.flush)


_CODINGS: Mapping[str, Callable[[int], Compressor]] = {"gzip": _gzip, "zstd": _zstd}
