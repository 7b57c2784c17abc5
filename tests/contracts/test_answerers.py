"""What lanes serve keeps its contract: the pipeline, over a published edition."""

from __future__ import annotations

from pathlib import Path

from dragoman import assembly
from dragoman.contracts import Verdict
from dragoman.exchange import Request
from dragoman.observations import ignore
from dragoman.pipeline.gate import Gate
from dragoman.query import Rate
from dragoman.settings import Settings

from .answerers import AnswererContract

CATALOG = Path(__file__).parents[1] / "golden" / "catalog.py"


class Ledger:
    """A meter that admits all and remembers whom."""

    def __init__(self):
        self.charged = []

    def charge(self, subject, *_):
        self.charged.append(subject)
        return Verdict(allowed=True, remaining=1)


def asked(verb, path, query=b"", body=b""):
    return Request(verb=verb, path=path, query=query, body=body, id="0123456789abcdef", host="a.example", peer="192.0.2.7")


class TestPipeline(AnswererContract):
    """Everything that the golden conversations speak of."""

    at_once = asked("GET", b"/v2/toys/kite")
    later = asked("GET", b"/v2/letters/reverse", b"text=abc")
    written = asked("POST", b"/v2/letters/reverse", body=b"text=abc")
    paths = (b"/v2", b"/v2/toys", b"/v2/toys/", b"/v2/numbers", b"/v2/letters/reverse", b"/v2.json")

    @staticmethod
    def make(folder):
        settings = Settings(data_dir=str(folder))
        catalogs, _ = assembly.load_catalogs([str(CATALOG)], None, settings)
        shops = assembly.open_sources(catalogs, settings)
        assembly.publish(shops, settings, ignore, lambda *_, **__: None)
        register, _, _ = assembly.open_register(settings, ignore)
        plane = assembly.assemble(shops, settings, ignore, register)
        plane.editions.refresh()
        ledger = Ledger()
        plane.answerer._gate = Gate(register, ledger, Rate(1, 1))      # anonymous callers have a rate here
        return plane.answerer, ledger.charged
