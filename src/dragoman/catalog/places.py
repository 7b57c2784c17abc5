"""Where a declaration stands, as `file.py:12`, and what its annotations mean."""

from __future__ import annotations

import ast
import inspect
import textwrap
import typing
from collections.abc import Iterator
from typing import Any

from ..errors import DeclarationError


def place_of(declared: Any, name: str | None = None) -> str:
    """`file.py:12` of a class or function, or of the line that annotates `name` in it; empty where unknown.

    It reads the source file, so it is for errors alone.
    """
    owners = declared.__mro__ if name is not None and isinstance(declared, type) else (declared,)
    for owner in owners:
        source = _source_of(owner)
        line = _line_of(source[1], name) if source is not None and name is not None else None
        if source is not None and line is not None:
            return f"{source[0]}:{source[2] + line}"
    source = _source_of(declared)
    return f"{source[0]}:{source[2]}" if source is not None else ""


def _source_of(declared: Any) -> tuple[str, list[str], int] | None:
    """File, lines and number of the first line of a class or function."""
    try:
        lines, first = inspect.getsourcelines(declared)
        return str(inspect.getsourcefile(declared)), lines, first
    except (OSError, TypeError, IndexError, SyntaxError):
        return None


def _line_of(lines: list[str], name: str) -> int | None:
    """The line, from 0, that annotates a name in a class or as a parameter of a function."""
    try:
        declared = ast.parse(textwrap.dedent("".join(lines))).body[0]
    except (SyntaxError, IndexError):
        return None
    return next((line - 1 for found, line in _annotated(declared) if found == name), None)


def _annotated(declared: ast.stmt) -> Iterator[tuple[str, int]]:
    if isinstance(declared, ast.ClassDef):
        for statement in declared.body:
            if isinstance(statement, ast.AnnAssign) and isinstance(statement.target, ast.Name):
                yield statement.target.id, statement.lineno
    elif isinstance(declared, (ast.FunctionDef, ast.AsyncFunctionDef)):
        for argument in (*declared.args.posonlyargs, *declared.args.args, *declared.args.kwonlyargs):
            yield argument.arg, argument.lineno


def caller_place() -> str:
    """`file.py:12` of the publisher's line that is being run; empty where no publisher wrote it."""
    frame = inspect.currentframe()
    while frame is not None and frame.f_globals.get("__name__", "").startswith("dragoman.catalog."):
        frame = frame.f_back
    if frame is None or frame.f_globals.get("__name__", "").split(".")[0] == "dragoman":
        return ""
    return f"{frame.f_code.co_filename}:{frame.f_lineno}"


def resolve(declared: Any) -> dict[str, Any]:
    """The annotations of a class or function with names looked up; raise where one cannot be."""
    itself = {declared.__name__: declared} if isinstance(declared, type) else None      # its name is not bound yet
    try:
        return typing.get_type_hints(declared, localns=itself, include_extras=True)
    except NameError as error:
        raise DeclarationError(
            declared.__qualname__, f"the type `{error.name}` is not defined.",
            "Import it, or declare it before this.", place_of(declared),
        ) from None
    except (TypeError, SyntaxError, AttributeError, ValueError) as error:
        raise DeclarationError(
            declared.__qualname__, f"an annotation is no type ({error}).", "Annotate with types.", place_of(declared),
        ) from None

