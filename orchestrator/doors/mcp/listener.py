"""Who listens on a port of this machine, as far as the system tells (Linux, and processes of the same user)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

LISTENING = "0A"


def listener(port: int) -> str:
    """``4711 (python3)``, or empty when it cannot be found out."""
    inodes = set(_inodes(port))
    for process in Path("/proc").glob("[0-9]*") if inodes else ():
        try:
            if any(str(link.readlink()) in inodes for link in (process / "fd").iterdir()):
                return f"{process.name} ({(process / 'comm').read_text().strip()[:30]})"
        except OSError:
            continue  # another user's, or gone meanwhile
    return ""


def _inodes(port: int) -> Iterator[str]:
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        try:
            lines = Path(table).read_text().splitlines()[1:]
        except OSError:
            continue
        for line in lines:
            fields = line.split()
            if fields[3] == LISTENING and int(fields[1].rpartition(":")[2], 16) == port:
                yield f"socket:[{fields[9]}]"
