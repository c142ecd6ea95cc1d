"""What a benchmark returns, and how it is printed."""

from __future__ import annotations

import os
import platform
import statistics
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Figure:
    """One measured thing. ``limit`` is what we hold ourselves to, in the same unit; ``floor`` a peer's figure of the same run."""

    name: str
    value: float
    unit: str
    limit: float
    floor: float | None = None
    note: str = ""

    @property
    def kept(self) -> bool:
        return self.value <= self.limit

    def line(self) -> str:
        ratio = f", {self.value / self.floor:.2f} × the floor of {self.floor:.1f} {self.unit}" if self.floor else ""
        mark = "kept" if self.kept else "NOT KEPT"
        note = f" ({self.note})" if self.note else ""
        return f"{self.name:<46} {self.value:8.1f} {self.unit}  limit {self.limit:.1f}: {mark}{ratio}{note}"


def median(values: Sequence[float]) -> float:
    return statistics.median(values)


def percentile(values: Sequence[float], share: float) -> float:
    """The value below which ``share`` (0..1) of the values lie."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))]


def machine() -> str:
    """The machine in one line: figures mean little without it."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores, {memory:.0f} GiB, Python {platform.python_version()}"
