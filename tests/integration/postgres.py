"""A PostgreSQL of the tests' own: found on the machine, installed in CI, started in a temporary directory, gone afterwards."""

from __future__ import annotations

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

INSTALL = ["apt-get", "install", "-y", "-q", "--no-install-recommends", "postgresql"]


def binary(name: str) -> Path:
    """Of PostgreSQL, wherever it is; installed with apt when it is nowhere and we may."""
    found = _look(name)
    if found is None and os.geteuid() == 0 and shutil.which("apt-get"):
        environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        subprocess.run(["apt-get", "update", "-q"], env=environment, check=False, capture_output=True)
        subprocess.run(INSTALL, env=environment, check=True, capture_output=True)
        found = _look(name)
    assert found is not None, f"the tests need PostgreSQL's {name}: install it, e.g. apt install postgresql"
    return found


def _look(name: str) -> Path | None:
    versions = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"), reverse=True)
    on_path = shutil.which(name)
    return versions[0] if versions else Path(on_path) if on_path else None


@contextmanager
def server() -> Iterator[str]:
    """The URL of a running server, without a database name at its end. It refuses to run as root, so root lends it another user."""
    user = _unprivileged()
    with tempfile.TemporaryDirectory(prefix="televibe-pg-", dir="/tmp") as scratch:
        data = Path(scratch) / "data"
        if user is not None:
            os.chown(scratch, user, user)
        init = [str(binary("initdb")), "-D", str(data), "-U", "televibe", "--auth=trust", "--no-sync", "-E", "UTF8"]
        subprocess.run(init, check=True, capture_output=True, user=user, cwd=scratch)
        port = _free_port()
        run = [str(binary("postgres")), "-D", str(data), "-p", str(port), "-h", "127.0.0.1", "-k", scratch, "-F"]
        process = subprocess.Popen(run, user=user, cwd=scratch, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            _wait_until_it_answers(process, port)
            yield f"postgresql://televibe@127.0.0.1:{port}/"
        finally:
            process.terminate()
            process.wait()


def _unprivileged() -> int | None:
    if os.geteuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        try:
            return pwd.getpwnam(name).pw_uid
        except KeyError:
            continue
    raise AssertionError("there is neither a user postgres nor nobody to run PostgreSQL as")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait_until_it_answers(process: subprocess.Popen[bytes], port: int) -> None:
    import psycopg

    while process.poll() is None:
        try:
            psycopg.connect(host="127.0.0.1", port=port, user="televibe", dbname="postgres", connect_timeout=2).close()
        except psycopg.OperationalError:
            continue
        return
    raise AssertionError(f"PostgreSQL ended with status {process.returncode} instead of starting")
