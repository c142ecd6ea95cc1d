"""The walls around every test: nothing but loopback, a home of its own, no key, no git settings of this machine."""

from __future__ import annotations

import ipaddress
import os
import signal
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

settings.register_profile("untimed", deadline=None)  # a test is right or wrong, on a busy machine too
settings.load_profile("untimed")

if (
    signal.getsignal(signal.SIGINT) is signal.SIG_IGN
):  # of who was started in the background; processes that tests start would inherit it
    signal.signal(signal.SIGINT, signal.default_int_handler)

FROM_OUTSIDE = (
    "ANTHROPIC_API_KEY",
    "ANTHROPIC_AUTH_TOKEN",
    "ANTHROPIC_BASE_URL",
    "GIT_DIR",
    "GIT_INDEX_FILE",
    "GIT_WORK_TREE",
    "TELEVIBE_DATABASE_URL",
    "TELEVIBE_NO_MODEL",
    "TELEVIBE_QUEUE_URL",
)
"""What a developer's shell or a git hook may have set, and no test may see."""

for _name in FROM_OUTSIDE:
    os.environ.pop(_name, None)
os.environ.update(GIT_CONFIG_GLOBAL=os.devnull, GIT_CONFIG_NOSYSTEM="1", GIT_TERMINAL_PROMPT="0")

_reached: list[str] = []


class ReachedOut(RuntimeError):
    """A test tried to reach a host that is not this one."""


def _is_here(host: object) -> bool:
    if isinstance(host, bytes):
        host = host.decode("ascii", "replace")
    if host is None or host in {"", "localhost"}:
        return True
    try:
        address = ipaddress.ip_address(str(host).partition("%")[0])
    except ValueError:
        return False  # any other name has to be looked up outside
    return address.is_loopback or address.is_unspecified


def _watch(event: str, args: tuple[Any, ...]) -> None:
    """Runs for every audit event of the interpreter, in every thread; cheap for the ones that are not about sockets."""
    if not event.startswith("socket."):
        return
    match event, args:
        case ("socket.getaddrinfo", (host, *_)) | ("socket.gethostbyname", (host, *_)):
            pass
        case ("socket.connect" | "socket.sendto", (_, (host, *_))):
            pass
        case _:
            return  # Unix sockets have a path for an address
    if not _is_here(host):
        _reached.append(f"{event} {host!r}")
        raise ReachedOut(f"a test tried to reach {host!r}: {event}")


sys.addaudithook(_watch)


@pytest.fixture(autouse=True)
def _walls(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Every test has its own TELEVIBE_HOME; one that reached out fails, even if the attempt was caught on its way up."""
    monkeypatch.setenv("TELEVIBE_HOME", str(tmp_path_factory.mktemp("home", numbered=True) / "televibe"))
    _reached.clear()
    yield
    assert not _reached, f"reached out of this machine: {_reached}"


@pytest.fixture
def reached_out() -> list[str]:
    """What the current test tried to reach; the test of the wall itself clears it."""
    return _reached


@pytest.fixture
def home_path() -> Path:
    """Where this test's TELEVIBE_HOME is; nothing is there yet."""
    return Path(os.environ["TELEVIBE_HOME"])
