"""How much applications and keys may ask: by their kind, unless an operator said otherwise."""

from __future__ import annotations

import msgspec

from ..query import Limit, Rate, read_rate
from .facts import Application


class Allowances(msgspec.Struct, frozen=True, kw_only=True):
    """The rates that hold by default; None for no limit."""

    server: Rate | None = None
    standalone: Rate | None = None
    quota: Rate | None = None
    key: Rate | None = None

    def of_application(self, ref: str, application: Application) -> tuple[Limit, ...]:
        """What the calls of an application are counted against: its rate, and its quota."""
        usual = self.server if application.type == "server" else self.standalone
        rates = {
            "application": read_rate(application.rate) if application.rate else usual,
            "quota": read_rate(application.quota) if application.quota else self.quota,
        }
        return tuple(Limit(name, f"{name}:{ref}", rate) for name, rate in rates.items() if rate is not None)

    def of_key(self, ref: str) -> tuple[Limit, ...]:
        """What the calls of a key without an application are counted against."""
        return () if self.key is None else (Limit("key", f"key:{ref}", self.key),)


NO_LIMITS = Allowances()
