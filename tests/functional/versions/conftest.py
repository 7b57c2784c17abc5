"""What the interface with a history is asked with; each file has a server of its own."""

from __future__ import annotations

import time

import pytest

from ...conftest import Server


@pytest.fixture(scope="module")
def keys(server: Server) -> dict[str, str]:
    """What Alice asks with, by dialect."""
    server.prepare("account", "add", "alice", "--subject", "a-1")
    application = server.prepare("application", "add", "Reader", "--owner", "alice", "--type", "standalone")["application_id"]
    kinds = ("api-token", "remote-auth", "gw2")
    made = {kind: server.prepare("key", "add", "--account", "alice", "--kind", kind)["secret"] for kind in kinds}
    deadline = time.monotonic() + 10
    while server.get("/v2/account", params={"access_token": made["gw2"]}).status_code != 200:      # it was made last
        assert time.monotonic() < deadline
    return {**made, "application": application}
