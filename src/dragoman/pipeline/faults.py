"""Failures of every kind as what a client is told of them."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from ..catalog.method import Method
from ..contracts import Dialect
from ..errors import Code, Fault, MethodError, Refusal, SourceUnavailable, refuse


def faults_of(error: Exception, request_id: str) -> tuple[Fault, ...]:
    """What is wrong, for the client: of an unexpected failure no more than the request's id."""
    if isinstance(error, Refusal):
        return error.faults
    if isinstance(error, TimeoutError):
        return refuse(Code.METHOD_TIMEOUT, "the method took too long").faults
    code = error.code if isinstance(error, SourceUnavailable) else Code.INTERNAL
    message = "the source of these data is not available" if code is not Code.INTERNAL else "internal error"
    return (Fault(code=code, message=message, hint=f"Report the request id {request_id} if it lasts."),)


def unknown_names(dialect: Dialect, sent: Iterable[str], known: Collection[str]) -> list[Fault]:
    """What is wrong with the names of parameters that nobody knows; nothing where the dialect's clients expect them to be ignored."""
    if dialect.unknown_parameters != "refuse":
        return []
    hint = f"Known are {', '.join(known)}." if known else "Leave it out."
    return [Fault(code=Code.PARAMETER_UNKNOWN, message="unknown parameter", field=name, hint=hint) for name in sent if name not in known]


def refusal_of(error: MethodError, method: Method, named: str | None) -> Refusal | None:
    """What a method tells of itself, under the name of its declared error; None where it never said that it might.
    `named` is what the client calls the field."""
    declared = next((each for each in method.raises if isinstance(error, each)), None)
    if declared is None:
        return None
    return refuse(Code.METHOD_FAILED, error.message, field=named, value=None if error.value is None else str(error.value),
                  facts={"error": declared.__name__, "status": declared.status})
