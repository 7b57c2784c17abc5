"""Publication on the terminal: what is read, how many records are done, and how long the rest will take."""

from __future__ import annotations

import contextlib
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeRemainingColumn


def looking(*, shown: bool) -> contextlib.AbstractContextManager[object]:
    """A line on standard error while it is found out what data hold; nothing where it is not shown or no terminal."""
    console = Console(stderr=True)
    return console.status("Looking into the data") if shown and console.is_terminal else contextlib.nullcontext()


class Bar:
    """A bar a resource on standard error; nothing where it is not shown or no terminal."""

    def __init__(self, *, shown: bool) -> None:
        self._tasks: dict[str, TaskID] = {}
        self._progress = Progress(
            TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn(),
            console=Console(stderr=True), disable=not shown or not Console(stderr=True).is_terminal,
        )

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._progress.stop()

    def __call__(self, resource: str, done: int, total: int | None, finished: bool = False) -> None:
        """Show how far the publication of a resource is; `total` is None where nobody knows."""
        task = self._tasks.get(resource)
        if task is None:
            task = self._tasks[resource] = self._progress.add_task(f"Publishing {resource}", total=total)
        self._progress.update(task, completed=done, total=done if finished else total)
