"""How long a PostgreSQL server is waited for: one whose machine is gone without a word is noticed within seconds."""

from __future__ import annotations

from typing import Any


def patience(connect_s: int, answer_s: float) -> dict[str, Any]:
    """What its library is told of a connection: how long opening it may take, and what was sent may stay unheard of. While
    an answer is awaited, the other machine is asked every few seconds whether it is there at all."""
    return {"connect_timeout": connect_s, "tcp_user_timeout": int(answer_s * 1000), "keepalives_idle": 5, "keepalives_interval": 2,
            "keepalives_count": 3}


def within(**limits_s: float) -> str:
    """The `options` of a connection with limits of PostgreSQL's own, by name, in seconds: what takes longer is ended there."""
    return " ".join(f"-c {name}={int(value * 1000)}" for name, value in limits_s.items())
