"""The forms of what is kept of long operations: their arguments and results outlive the catalog that they were written for."""

from __future__ import annotations

import msgspec

from ..catalog.catalog import Catalog
from ..catalog.method import Method
from ..catalog.remembered import remembered
from ..catalog.stage import Stage
from ..catalog.version import EARLIEST, LATEST, show_version
from ..errors import Code, Refusal, refuse
from ..exchange import OperationResult


def form_asked(catalog: Catalog, method: Method) -> str:
    """The version since which a method takes what it takes today, which is noted beside the arguments of a call."""
    return next((each.at for each in catalog.timeline.stages(method)[-1].asked), EARLIEST)


def form_told(catalog: Catalog, method: Method) -> str:
    """The version since which it returns what it returns today, which is noted beside a result."""
    return next((each.at for each in catalog.timeline.stages(method)[-1].undoings), EARLIEST)


def stage_of(catalog: Catalog, method: Method, form: str) -> Stage | None:
    """How a method was in a form that was noted, today where none was; None for a form that this catalog does not know, since it
    is an older catalog or its changes were written anew."""
    timeline = catalog.timeline
    if form in ("", EARLIEST) or form in timeline.changed(method):
        return timeline.stage(method, form or LATEST)
    return None


@remembered
def after(kept: Stage, asked: Stage) -> Stage:
    """What is left to undo in what is in the form of one stage, until it is in that of another, older one."""
    return msgspec.structs.replace(asked, undoings=asked.undoings[len(kept.undoings):])


def check_asked(kept: Stage, asked: Stage, result: OperationResult) -> None:
    """See that a result can be shown in the version that is asked for: nobody says what it would be in a later one than its own, and
    what it hides is told by today's names alone. Raises `Refusal`."""
    if kept.undoings and result.hides:
        raise another_form()
    if len(asked.undoings) < len(kept.undoings):
        form = show_version(result.version)
        raise refuse(Code.CONFLICT, f"the result is of the version {form} of the schema, and the method has changed since",
                     hint=f"Ask for it with v={form}, or start it again.")


def another_form() -> Refusal:
    """A result that cannot be shown any more."""
    return refuse(Code.CONFLICT, "the result is of another form of this method", hint="Start it again.")
