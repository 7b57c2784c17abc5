"""What a person sees when the server answers: where the pages are, and lines to paste; the same as JSON for machines."""

from __future__ import annotations

import os
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import TextIO

import click
import msgspec

from .control.demo import Demo
from .plane import Plane


class Screen:
    """Shown once, when everything on it works."""

    def __init__(self, plane: Plane, url: str, letters: Path | None, out: TextIO, *, as_json: bool) -> None:
        """`out` is where it is shown; `letters` is the folder of letters that nobody is sent; None where they are sent."""
        self._plane, self._url, self._letters, self._out, self._as_json = plane, url, letters, out, as_json

    def show(self, demo: Demo | None = None) -> None:
        """Print it; with what a demo begins with, where there is one."""
        click.echo(msgspec.json.encode(self._facts(demo)).decode() if self._as_json else "\n".join(self._lines(demo)),
                   file=self._out)
        self._out.flush()

    def _facts(self, demo: Demo | None) -> dict[str, object]:
        facts: dict[str, object] = {
            "url": self._url, "pid": os.getpid(), "catalogs": [catalog.name for catalog in self._plane.catalogs],
            "room": f"{self._url}/", "examples": self._examples(),
        }
        if demo is not None:
            facts |= {"operator_link": demo.operator_link, "demo_key": demo.secrets["gw2"],
                      "demo_application_id": demo.secrets["application-id"], "examples_with_key": self._examples_with_key(demo)}
        return facts

    def _lines(self, demo: Demo | None) -> Iterator[str]:
        titles = ", ".join(catalog.title for catalog in self._plane.catalogs)
        yield f"\n{titles}: ready\n"
        yield _line("Developer Room", f"{self._url}/")
        if demo is not None:
            yield _line("Sign in, once", f"{demo.operator_link}   (the operator, within the hour)")
            yield _line("Demo key", demo.secrets["gw2"])
            yield _line("Demo id", f"{demo.secrets['application-id']}   (an application's, for dialects that ask for one)")
        if self._letters is not None:
            yield _line("Letters", f"{self._letters}   (files, as no mail.host is set)")
        yield ""
        for dialect, address in self._examples().items():
            yield _line(dialect, shlex.join(["curl", address]))
        for dialect, address in self._examples_with_key(demo).items():
            yield _line(f"{dialect}, with {_what(demo, address)}", shlex.join(["curl", address]))
        yield "\nCtrl-C stops the server."

    def _examples(self) -> dict[str, str]:
        """One address of each dialect that answers 200."""
        return {dialect.name: self._url + address for dialect in self._plane.dialects
                if (address := self._plane.example(dialect)) is not None}

    def _examples_with_key(self, demo: Demo | None) -> dict[str, str]:
        """One address of each dialect where the key or the id helps."""
        return {} if demo is None else {
            dialect: self._url + address for dialect, address in self._plane.examples_with(demo.secrets).items()}


def _what(demo: Demo | None, address: str) -> str:
    """What is in an address, as a developer calls it."""
    names = {"gw2": "key", "application-id": "id", "api-token": "token", "remote-auth": "key"}
    return next((names[kind] for kind, secret in (demo.secrets.items() if demo is not None else ()) if secret in address), "key")


def _line(what: str, text: str) -> str:
    return f"  {what:<19}  {text}"
