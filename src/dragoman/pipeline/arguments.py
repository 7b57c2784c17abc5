"""The arguments of a call: read under the names that clients write, in the version that they are written for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..catalog.fields import Field
from ..catalog.fitting import Misfit, Misfits
from ..catalog.method import Method
from ..catalog.plain import to_plain
from ..catalog.shapes import Many, bare
from ..catalog.stage import Stage
from ..catalog.values import read_parameter, read_values
from ..errors import Code, Fault
from ..exchange import Request
from ..formats.parameters import header
from ..query import Caller, Query
from ..views.translate import asker

_KEY_MAX = 255
"""Characters of an idempotency key."""


def read_arguments(query: Query, method: Method, stage: Stage, names: Mapping[str, Field], faults: list[Fault]) -> dict[str, Any]:
    """The arguments of a method by its own names, converted; from a typed body, or from texts. `names` are the parameters of the
    stage as clients write them."""
    given: dict[str, Any] = {}
    read: dict[str, Any] = {}
    wrong: list[Misfit] = []
    unread = {names[fault.field].name for fault in query.faults if fault.field is not None and fault.field in names}
    sent = query.arguments if query.arguments is not None else query.parameters
    for name, value in sent.items():
        parameter = names.get(name)
        if parameter is None or parameter.name in unread:
            continue
        if query.arguments is not None:
            given[parameter.name] = value
        else:
            _read_argument(parameter, value, read, wrong)
    faults += [_fault_of(misfit, names) for misfit in wrong]
    done = {*unread, *read, *(misfit.path for misfit in wrong)}
    try:
        arguments = read | read_values([each for each in stage.fields if each.name not in done], given)
        return today(arguments, method, stage) if stage.asked and not faults else arguments
    except Misfits as error:
        faults += [_fault_of(misfit, names) for misfit in error.misfits]
        return {}


def today(arguments: dict[str, Any], method: Method, stage: Stage) -> dict[str, Any]:
    """Arguments of an old version as they are meant today. Raises `Misfits` for what makes no sense any more."""
    plain = {name: to_plain(value) for name, value in arguments.items()}
    return read_values(method.parameters, asker(stage).forth(plain))


def read_idempotency_key(method: Method, caller: Caller, request: Request, faults: list[Fault]) -> str | None:
    """The key under which a write is done once only, however often it is sent; what only reads needs none."""
    key = header(request, b"idempotency-key")
    if key is None or (method.verb == "GET" and not method.operation) or method.secret:
        return None
    if not 0 < len(key) <= _KEY_MAX:
        faults.append(Fault(code=Code.PARAMETER_INVALID, message="too long" if key else "empty", field="Idempotency-Key",
                            value=key[:_KEY_MAX] or None, hint=f"Use 1 to {_KEY_MAX} characters."))
    if caller.party is None:
        faults.append(Fault(code=Code.CREDENTIAL_MISSING, message="an idempotency key needs somebody whose it is",
                            field="Idempotency-Key", hint="Send a key or the id of an application, or leave it out."))
    return key


def _read_argument(parameter: Field, texts: Any, read: dict[str, Any], wrong: list[Misfit]) -> None:
    if len(texts) > 1 and not isinstance(bare(parameter.shape), Many):
        wrong.append(Misfit(parameter.name, "one value", f"{len(texts)} values"))
        return
    try:
        read[parameter.name] = read_parameter(parameter, texts)
    except Misfits as error:
        wrong += error.misfits


def _fault_of(misfit: Misfit, names: Mapping[str, Field]) -> Fault:
    """A misfit with the name that the client wrote."""
    head, dot, rest = misfit.path.partition(".")
    name = next((written for written, parameter in names.items() if parameter.name == head), head) + dot + rest
    if not misfit.found:
        return Fault(code=Code.PARAMETER_MISSING, message="missing parameter", field=name,
                     hint=f"Expected {misfit.expected}.")
    return Fault(code=Code.PARAMETER_INVALID, message="invalid value", field=name, value=misfit.found,
                 hint=f"Expected {misfit.expected}.")
