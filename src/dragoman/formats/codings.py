"""Content codings: which there are, from which size they are worth it, and how hard to try."""

from __future__ import annotations

import zlib
from collections.abc import Callable
from typing import NamedTuple

import zstandard

CODINGS = ("zstd", "gzip")
"""What we can send, the better first."""
SIZE_MIN_BYTES = 1_024
"""Below this a coding saves no packet."""
_MIB = 1 << 20
_GZIP_WINDOW = 31
"""zlib's way to ask for a gzip header around the largest window."""
_ZSTD_WINDOW_LOG_MAX = 23
"""Eight megabytes: what every client of the content coding must be able to read (RFC 9659)."""
_QUICK = 6


class Compressor(NamedTuple):
    """What both libraries offer: chunks in, chunks out, and the rest at the end."""

    compress: Callable[[bytes], bytes]
    flush: Callable[[], bytes]


def compressor(coding: str, size: int, *, quick: bool = False) -> Compressor:
    """What compresses `size` bytes: for good, or quickly where somebody may wait for it."""
    return _zstd(size, quick=quick) if coding == "zstd" else _gzip(size, quick=quick)


def _gzip(size: int, *, quick: bool) -> Compressor:
    """Small lists get the best level, large ones a quick one: seconds matter more than the last percent."""
    level = _QUICK if quick else 9 if size <= _MIB else 6 if size <= 8 * _MIB else 4
    made = zlib.compressobj(level, zlib.DEFLATED, _GZIP_WINDOW)
    return Compressor(made.compress, made.flush)


def _zstd(size: int, *, quick: bool) -> Compressor:
    level = _QUICK if quick else 15 if size <= _MIB else 9 if size <= 8 * _MIB else 5
    parameters = zstandard.ZstdCompressionParameters.from_level(level, source_size=size)
    if parameters.window_log > _ZSTD_WINDOW_LOG_MAX:
        parameters = zstandard.ZstdCompressionParameters.from_level(
            level, source_size=size, window_log=_ZSTD_WINDOW_LOG_MAX)
    made = zstandard.ZstdCompressor(compression_params=parameters).compressobj(size=size)
    return Compressor(made.compress, made.flush)
