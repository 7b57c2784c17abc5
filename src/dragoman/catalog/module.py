"""Catalogs from a Python file, imported under a name of its own with its folder on the path."""

from __future__ import annotations

import contextlib
import importlib.util
import re
import sys
import traceback
from importlib.machinery import SourceFileLoader
from pathlib import Path
from types import CodeType

from ..errors import DeclarationError, DragomanError
from .catalog import Catalog
from .plain import tell


class _AsWritten(SourceFileLoader):
    """Reads a file as it stands: bytecode is told apart by size and whole seconds, which an edit may leave as they were."""

    def get_code(self, fullname: str) -> CodeType:  # noqa: ARG002  # the loader's own signature
        """What the file says, compiled."""
        code: CodeType = self.source_to_code(self.get_data(self.path), self.path)
        return code


def load_module(file: Path, *, history: bool = True) -> list[Catalog]:
    """Import a catalog file and load what it declares, as in `Catalog.load`. Raises `DeclarationError` that tells the file and the line."""
    file = file.resolve()
    name = "dragoman_catalog_" + re.sub(r"\W", "_", file.stem)
    if str(file.parent) not in sys.path:
        sys.path.insert(0, str(file.parent))
    spec = importlib.util.spec_from_file_location(name, file, loader=_AsWritten(name, str(file)))
    if spec is None or spec.loader is None:
        raise DeclarationError(str(file), "it is no Python file.", "Name a file that ends in .py.")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module              # annotations are resolved through sys.modules
    try:
        with contextlib.redirect_stdout(sys.stderr):        # ours is for the answers of commands
            spec.loader.exec_module(module)
    except DragomanError:
        raise
    except (Exception, SystemExit) as error:                # `sys.exit()` in a catalog must not pass for a check that found nothing
        raise DeclarationError(str(file), f"it cannot be imported: {_last_line(error, file)}.",
                               "Mend the file; `python` on it tells more.") from error
    catalogs = list(dict.fromkeys(found for found in vars(module).values() if isinstance(found, Catalog)))
    if not catalogs:
        raise DeclarationError(str(file), "it declares no catalog.", 'Write catalog = Catalog("name").')
    return [catalog.load(file, history=history) for catalog in catalogs]


def _last_line(error: BaseException, file: Path) -> str:
    """What went wrong and on which line of the file."""
    lines = [frame.lineno for frame in traceback.extract_tb(error.__traceback__) if frame.filename == str(file)]
    line = error.lineno if isinstance(error, SyntaxError) else lines[-1] if lines else None
    return tell(error) + (f" (line {line})" if line else "")
