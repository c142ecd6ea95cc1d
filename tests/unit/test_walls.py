"""The walls around the tests hold: a name or address outside is refused, and loopback is open."""

from __future__ import annotations

import asyncio
import os
import socket

import pytest


@pytest.mark.parametrize("address", [("192.0.2.1", 443), ("2001:db8::1", 443, 0, 0)])
def test_no_test_connects_outside(address: tuple[str, int], reached_out: list[str]) -> None:
    family = socket.AF_INET6 if ":" in address[0] else socket.AF_INET
    with socket.socket(family) as wire, pytest.raises(RuntimeError, match="tried to reach"):
        wire.connect(address)
    assert reached_out
    reached_out.clear()


async def test_no_test_looks_a_name_up(reached_out: list[str]) -> None:
    with pytest.raises(RuntimeError, match=r"api\.example\.com"):
        await asyncio.open_connection("api.example.com", 443)
    reached_out.clear()


async def test_loopback_is_open() -> None:
    async def greet(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"hello")
        writer.close()

    async with await asyncio.start_server(greet, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        reader, writer = await asyncio.open_connection("localhost", port)
        assert await reader.read() == b"hello"
        writer.close()


def test_no_key_and_no_git_settings_come_from_outside() -> None:
    assert "ANTHROPIC_API_KEY" not in os.environ
    assert os.environ["GIT_CONFIG_GLOBAL"] == os.devnull
