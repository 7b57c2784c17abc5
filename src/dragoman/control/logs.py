"""What Django logs of strangers and of a database that is away: one short line each, not a traceback for every request."""

from __future__ import annotations

import logging
import sqlite3

_LENGTH_MAX = 300


def is_unavailable(error: BaseException | None) -> bool:
    """Whether the database is away, locked for too long or in a deadlock, which the next try may not find."""
    from django.db import OperationalError

    if not isinstance(error, OperationalError):
        return False
    return getattr(error.__cause__, "sqlite_errorcode", None) != sqlite3.SQLITE_ERROR      # that is a wrong question


def shorten() -> None:
    """Do so in this process, from now on."""
    from django.core.exceptions import BadRequest, SuspiciousOperation
    from django.http.multipartparser import MultiPartParserError

    strange = (BadRequest, SuspiciousOperation, MultiPartParserError)       # what cannot be read is no news to whoever reads the log

    def take(record: logging.LogRecord) -> bool:
        error = record.exc_info[1] if record.exc_info else None
        if isinstance(error, strange) or is_unavailable(error):
            text = record.getMessage() if isinstance(error, strange) else f"{record.getMessage()}: {error}"
            record.msg, record.args, record.exc_info = " ".join(text.split())[:_LENGTH_MAX], (), None
        return True

    kinds: list[type[Exception]] = [SuspiciousOperation, *SuspiciousOperation.__subclasses__()]
    for name in (*(f"django.security.{each.__name__}" for each in kinds), "django.request"):
        logging.getLogger(name).addFilter(take)
