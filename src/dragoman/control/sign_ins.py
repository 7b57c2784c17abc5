"""Sign-in to applications as the data plane asks for it: Django is loaded at the first asking, in the asker's thread."""

from __future__ import annotations

from collections.abc import Callable
from typing import ParamSpec, TypeVar

from ..errors import SourceUnavailable
from ..query import SignIn, Token
from ..settings import Settings
from .configuration import configure

P = ParamSpec("P")
R = TypeVar("R")


class SignIns:
    """Keeps the contract of `SignIns`."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    def begin(self, asked: SignIn) -> str:
        """Where the browser has to go."""
        configure(self._settings)
        from .grants import lesta

        return _ask(lesta.begin, asked)

    def prolong(self, token: str, ends_at: int | None) -> Token:
        """A new token in the place of one."""
        configure(self._settings)
        from .grants import lesta

        return _ask(lesta.prolong, token, ends_at)

    def end(self, token: str) -> None:
        """End a token, and all that it could be renewed with."""
        configure(self._settings)
        from .grants import services

        _ask(services.end_token, token)


def _ask(function: Callable[P, R], *arguments: P.args, **named: P.kwargs) -> R:
    """What a function of the control plane returns; it lets go of the database. Raises `SourceUnavailable`."""
    from django.db import InterfaceError, OperationalError, connections

    try:
        return function(*arguments, **named)
    except (InterfaceError, OperationalError) as error:
        raise SourceUnavailable(f"the database of accounts: {error}") from error
    finally:
        connections.close_all()
