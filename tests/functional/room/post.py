"""A mail server that takes letters, in this process."""

from __future__ import annotations

import email
import email.policy
import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from email.message import EmailMessage


class Office(socketserver.ThreadingTCPServer):
    """A mail server; what it took is in `letters`."""

    daemon_threads = True
    letters: list[EmailMessage]
    refused: tuple[str, ...] = ()
    """Names of people who have no mailbox."""


class Post(socketserver.StreamRequestHandler):
    """As much of SMTP (RFC 5321) as takes letters."""

    server: Office

    def handle(self) -> None:
        self.say("220 post")
        while line := self.rfile.readline().decode().strip():
            verb = line.upper().partition(" ")[0]
            if verb == "RCPT" and any(name in line for name in self.server.refused):
                self.say("550 nobody here")
                continue
            if verb == "DATA":
                self.say("354 go on")
                lines = list(iter(lambda: self.rfile.readline(), b".\r\n"))
                self.server.letters.append(email.message_from_bytes(b"".join(lines), policy=email.policy.default))
            elif verb == "QUIT":
                self.say("221 bye")
                return
            self.say("250 ok")

    def say(self, line: str) -> None:
        self.wfile.write(line.encode() + b"\r\n")


@contextmanager
def open_office() -> Iterator[Office]:
    """A mail server that has taken nothing yet."""
    with Office(("127.0.0.1", 0), Post) as server:
        server.letters = []
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()
