"""How passwords are kept: as Argon2id digests, of which each takes as much memory as the operator grants."""

from __future__ import annotations

from django.contrib.auth.hashers import Argon2PasswordHasher

from ..configuration import ours


class Hasher(Argon2PasswordHasher):
    """Django's, with `room.password_memory_mib`. A digest that was made with another amount is replaced at the next sign-in."""

    def __init__(self) -> None:
        super().__init__()
        self.memory_cost = ours().room.password_memory_mib * 1_024      # in KiB
