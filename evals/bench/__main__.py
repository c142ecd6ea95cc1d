"""``python -m evals.bench [name …]``: run the benchmarks, print a table; exit 1 when a limit is not kept."""

from __future__ import annotations

import asyncio
import sys
import tempfile
from collections.abc import Awaitable, Callable
from pathlib import Path

from evals.bench.context_file import context_file
from evals.bench.figures import Figure, machine
from evals.bench.flow import flow
from evals.bench.handover import handover
from evals.bench.keep_up import keep_up
from evals.bench.leases import leases
from evals.bench.live_radar import live_radar
from evals.bench.mcp import mcp
from evals.bench.processes import processes
from evals.bench.queue import queue
from evals.bench.radar import radar
from evals.bench.routing import routing_decision
from evals.bench.sessions import session_creation

BENCHMARKS: dict[str, Callable[[Path], Awaitable[list[Figure]]]] = {
    "sessions": session_creation,
    "routing": routing_decision,
    "handover": handover,
    "flow": flow,
    "keep_up": keep_up,
    "live_radar": live_radar,
    "context_file": context_file,
    "mcp": mcp,
    "leases": leases,
    "queue": queue,
    "processes": processes,
    "radar": radar,
}


async def run(names: list[str]) -> bool:
    print(machine(), flush=True)
    kept = True
    for name in names:
        print(f"… {name}", file=sys.stderr, flush=True)
        with tempfile.TemporaryDirectory(prefix="televibe-bench-") as scratch:
            for figure in await BENCHMARKS[name](Path(scratch)):
                print(figure.line(), flush=True)
                kept = kept and figure.kept
    return kept


def main() -> int:
    names = sys.argv[1:] or list(BENCHMARKS)
    unknown = [name for name in names if name not in BENCHMARKS]
    if unknown:
        print(f"no benchmark {unknown[0]!r}; there are: {', '.join(BENCHMARKS)}", file=sys.stderr)
        return 2
    return 0 if asyncio.run(run(names)) else 1


if __name__ == "__main__":
    sys.exit(main())
