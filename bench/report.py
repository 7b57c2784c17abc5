"""Medians and ratios of the rounds: as JSON for machines, as a table for people."""

from __future__ import annotations

import platform
import statistics
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from .cases import Prepared
from .load import Run

RATIOS = ("single", "hot", "bulk200", "page50", "fields1", "fields200", "304", "error")
"""The ratios by name; one that has no case yet is null."""


class Measured(msgspec.Struct):
    """One case: the runs of both servers, round by round, and how large the answers are."""

    name: str
    body_bytes: float
    head_bytes: dict[str, float]
    runs: dict[str, list[Run]]

    @property
    def faults(self) -> list[str]:
        """What makes the runs no figures, if anything."""
        return [f"{self.name}, {server}, round {at + 1}: {run.fault}"
                for server, runs in self.runs.items() for at, run in enumerate(runs) if run.fault]

    def median_us(self, server: str) -> float:
        """The median CPU microseconds per answer of one server."""
        return statistics.median(run.cpu_us for run in self.runs[server])

    @property
    def ratio(self) -> float | None:
        """nginx's CPU per answer divided by ours: above 1 we need less; None where a run was faulty."""
        ours = self.median_us("dragoman")
        return round(self.median_us("nginx") / ours, 3) if ours and not self.faults else None


def new(name: str, prepared: Mapping[str, Prepared]) -> Measured:
    """A case that has not been measured yet."""
    heads = {server: round(each.answer_bytes - each.body_bytes, 1) for server, each in prepared.items()}
    return Measured(name, round(prepared["dragoman"].body_bytes, 1), heads, {server: [] for server in prepared})


def document(measured: Sequence[Measured], rounds: int, seconds: int, versions: Mapping[str, str]) -> dict[str, Any]:
    """The whole result; `ratios`, `peers` and `rounds` keep their form, the rest tells where they come from."""
    ratios: dict[str, float | None] = dict.fromkeys(RATIOS)
    ratios |= {case.name: case.ratio for case in measured}
    return {
        "ratios": ratios, "peers": {}, "rounds": rounds, "seconds": seconds,
        "faults": [fault for case in measured for fault in case.faults],
        "cases": {case.name: _case(case) for case in measured},
        "versions": {**versions, "python": platform.python_version(), "kernel": platform.release()},
    }


def _case(case: Measured) -> dict[str, Any]:
    return {"body_bytes": case.body_bytes, "head_bytes": case.head_bytes, **{
        server: {
            "cpu_us": [run.cpu_us for run in runs], "median_us": round(case.median_us(server), 2),
            "answers": [run.answers for run in runs], "per_second": [run.per_second for run in runs],
        } for server, runs in case.runs.items()
    }}


def table(measured: Sequence[Measured]) -> str:
    """One line a case, with the spread of the rounds."""
    lines = [f"{'case':<9}{'body B':>9}{'dragoman us':>22}{'nginx us':>22}{'nginx/ours':>12}{'answers':>12}"]
    for case in measured:
        ratio = f"{case.ratio:.2f}" if case.ratio is not None else "faulty"
        answers = sum(run.answers for runs in case.runs.values() for run in runs)
        lines.append(f"{case.name:<9}{case.body_bytes:>9.0f}{_spread(case, 'dragoman'):>22}"
                     f"{_spread(case, 'nginx'):>22}{ratio:>12}{answers:>12}")
    return "\n".join(lines + [f"FAULTY: {fault}" for case in measured for fault in case.faults])


def _spread(case: Measured, server: str) -> str:
    figures = [run.cpu_us for run in case.runs[server]]
    return f"{case.median_us(server):.1f} ({min(figures):.1f}-{max(figures):.1f})"
