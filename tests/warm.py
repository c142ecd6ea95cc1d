"""The ``televibe`` command without its imports: a server that has loaded everything forks a child for each command.

The child is a process of its own with its own words, environment, directory and streams, as if it had been started; what a cold start
does differently (the time it takes, signals, pipes that close) is tested with the console script itself. This process has no threads of
ours when it forks.
"""

from __future__ import annotations

import io
import json
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path

SECONDS = 120


def warm(words: Sequence[str], *, cwd: Path | None, env: Mapping[str, str]) -> tuple[int, str, str]:
    """(exit status, standard output, standard error) of one command."""
    with tempfile.TemporaryDirectory(prefix="warm-") as scratch, socket.socket(socket.AF_UNIX) as asking:
        asking.settimeout(SECONDS)
        asking.connect(str(_server()))
        order = {"words": list(words), "cwd": str(cwd or Path.cwd()), "env": dict(env), "streams": scratch}
        asking.sendall(json.dumps(order).encode() + b"\n")
        with asking.makefile() as answer:
            status = answer.readline()
        assert status, "the command's process is gone"
        return int(status), *((Path(scratch) / name).read_text() for name in ("out", "err"))  # type: ignore[return-value]


@cache
def _server() -> Path:
    """The address of this process's server; it ends with this process."""
    address = Path(tempfile.mkdtemp(prefix="warm-")) / "s"
    subprocess.Popen([sys.executable, "-m", "tests.warm", str(address), str(os.getpid())], cwd=Path(__file__).parents[1])
    for _ in range(600):
        if address.exists():
            return address
        time.sleep(0.1)
    raise RuntimeError("the server of warm commands did not start")


def _serve(address: str, parent: int) -> None:
    for module in (
        "orchestrator.doors.cli",
        "orchestrator.engine.engine",
        "orchestrator.doors.app_work",
        "chromadb",
        "uvicorn",
        "mcp.server",
    ):
        __import__(module)
    for door in sorted(Path(__file__).parents[1].glob("orchestrator/doors/*.py")):
        if door.stem != "__main__":
            __import__(f"orchestrator.doors.{door.stem}")
    listening = socket.socket(socket.AF_UNIX)
    listening.bind(f"{address}.new")
    listening.listen(64)
    Path(f"{address}.new").rename(address)
    listening.settimeout(1)
    while os.getppid() == parent:
        try:
            connection, _ = listening.accept()
        except TimeoutError:
            _reap()
            continue
        _reap()
        if os.fork() == 0:
            listening.close()
            _answer(connection)
        connection.close()


def _reap() -> None:
    try:
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass
    except ChildProcessError:
        return


def _answer(connection: socket.socket) -> None:
    """Run the command in a child, and say how it ended. Never returns."""
    connection.settimeout(None)
    with connection.makefile() as reading:
        order = json.loads(reading.readline())
    pid = os.fork()
    if pid == 0:
        connection.close()
        _command(order["words"], order["cwd"], order["env"], Path(order["streams"]))
    _, status = os.waitpid(pid, 0)
    connection.sendall(f"{os.waitstatus_to_exitcode(status)}\n".encode())
    os._exit(0)


def _command(words: list[str], cwd: str, env: dict[str, str], streams: Path) -> None:
    """Become the command. Never returns."""
    os.setsid()
    os.chdir(cwd)
    os.environ.clear()
    os.environ.update(env)
    with (streams / "out").open("wb") as out, (streams / "err").open("wb") as err, Path(os.devnull).open("rb") as nothing:
        for stream, number in ((nothing, 0), (out, 1), (err, 2)):
            os.dup2(stream.fileno(), number)
    sys.stdin, sys.stdout, sys.stderr = (
        io.TextIOWrapper(os.fdopen(number, mode, closefd=False), encoding="utf-8") for number, mode in ((0, "rb"), (1, "wb"), (2, "wb"))
    )
    sys.argv = ["televibe", *words]
    status = 1
    try:
        from orchestrator.doors.cli import main

        main()
    except SystemExit as ended:
        status = ended.code if isinstance(ended.code, int) else int(bool(ended.code))
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)


if __name__ == "__main__":
    _serve(sys.argv[1], int(sys.argv[2]))
