"""git processes that stay: one that merges pair after pair, one that hands out objects. Both live in a quarantine repository."""

from __future__ import annotations

import asyncio
import os
from collections import deque
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import IO

from orchestrator.boundaries.git.radar_parse import MergeAnswers
from orchestrator.boundaries.git.radar_place import Quarantine
from orchestrator.boundaries.git.run import PIECE, killed
from orchestrator.nouns.compared import Merge, Span
from orchestrator.nouns.errors import GitError, NotReady

ANSWER_SECONDS = 120.0
"""Silence after which a git process is taken for hung; one merge of a large repository takes milliseconds."""

PUSH_SECONDS = 0.25
"""Wait before another push: with the buffer of a known C library one is enough."""


class Staying:
    """A git command that answers line by line; started when it is first asked, started again when it died."""

    def __init__(self, place: Quarantine, arguments: Sequence[str], environment: Mapping[str, str]) -> None:
        self._place = place
        self._environment = environment
        self._arguments = arguments
        self._process: asyncio.subprocess.Process | None = None
        self._said: IO[bytes] | None = None
        self._closed = asyncio.Event()

    async def process(self) -> asyncio.subprocess.Process:
        if self._closed.is_set():
            raise NotReady("the radar was closed meanwhile", "ask again")
        if self._process is None or self._process.returncode is not None:
            await self.end()
            self._said = (self._place.path / f"said-{os.urandom(4).hex()}").open("w+b")
            self._process = await asyncio.create_subprocess_exec(
                "git",
                *self._arguments,
                cwd=self._place.path,
                env=self._environment,
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=self._said,
                start_new_session=True,
                limit=PIECE,
            )
            if self._closed.is_set():  # while it started
                await self.end()
                return await self.process()
        return self._process

    async def close(self) -> None:
        """Kill it, and never start it again: whoever still asks is refused."""
        self._closed.set()
        await self.end()

    async def end(self) -> None:
        """Kill it, if it is there."""
        process, self._process = self._process, None
        if process is not None:
            await killed(process)
        said, self._said = self._said, None
        if said is not None:
            said.close()
            Path(said.name).unlink(missing_ok=True)

    def last_words(self) -> str:
        """Its last line on stderr, without git's prefix."""
        if self._said is None:
            return ""
        self._said.seek(0)
        lines = self._said.read()[-4000:].decode(errors="replace").strip().splitlines()
        return lines[-1].removeprefix("fatal: ").removeprefix("error: ") if lines else ""


async def feed(process: asyncio.subprocess.Process, lines: bytes) -> None:
    """Write while somebody else reads; a process that is gone is noticed by the reader."""
    assert process.stdin is not None
    with suppress(ConnectionError):
        process.stdin.write(lines)
        await process.stdin.drain()


async def piece_of(process: asyncio.subprocess.Process, seconds: float) -> bytes:
    """What it wrote; nothing: it ended. ``TimeoutError`` when it is silent for so long."""
    assert process.stdout is not None
    async with asyncio.timeout(seconds):
        return await process.stdout.read(PIECE)


class Merging:
    """``git merge-tree --write-tree --stdin``, one process for all pairs with the same attributes.

    git writes its answers through a buffer that it empties when it is full, or ends. So a pair of our own follows every question: a
    conflict in a file with a name longer than that buffer, whose answer pushes the ones before it out, and is dropped.
    """

    def __init__(self, place: Quarantine, attributes: Path | None) -> None:
        settings = () if attributes is None else ("-c", f"core.attributesFile={attributes}")
        self._git = Staying(place, [*settings, "merge-tree", "--write-tree", "--stdin", "-z"], place.merging())
        self._place = place
        self._answers = MergeAnswers()
        self._turn = asyncio.Lock()
        self._owed = 0  # answers to pushes that are still in the buffer

    async def merges(self, pairs: Sequence[Span]) -> list[Merge]:
        """In the order of the pairs. A pair on which git gives up carries the reason; the others have their answers."""
        found: list[Merge] = []
        async with self._turn:
            while len(found) < len(pairs):
                todo = pairs[len(found) :]
                answered = await self._some(todo)
                found += answered
                if len(answered) < len(todo):
                    why = self._git.last_words() or "git merge-tree ended without a word"
                    found.append(Merge(*todo[len(answered)], failed=why))
                    await self.end()
        return found

    async def close(self) -> None:
        await self._git.close()

    async def end(self) -> None:
        await self._git.end()
        self._answers, self._owed = MergeAnswers(), 0

    async def _some(self, pairs: Sequence[Span]) -> list[Merge]:
        """Answers until all are there or the process ended."""
        process = await self._git.process()
        if process.returncode is not None:
            return []
        push = "{} {}\n".format(*self._place.push).encode()
        asked = "".join(f"{a} {b}\n" for a, b in pairs).encode() + push
        expected: deque[Span | None] = deque([*[None] * self._owed, *pairs, None])
        found: list[Merge] = []
        writing = asyncio.create_task(feed(process, asked))
        waited = 0.0
        try:
            while len(found) < len(pairs):
                try:
                    piece = await piece_of(process, PUSH_SECONDS)
                except TimeoutError:
                    waited += PUSH_SECONDS
                    if waited > ANSWER_SECONDS:
                        await self.end()
                        raise GitError(f"git merge-tree was silent for {ANSWER_SECONDS:g} seconds", "is the disk at fault?") from None
                    if writing.done():
                        expected.append(None)
                        writing = asyncio.create_task(feed(process, push))
                    continue
                waited = 0.0
                if not piece:
                    return found
                for answer in self._answers.feed(piece):
                    pair = expected.popleft()
                    if pair is not None:
                        found.append(replace(answer, a=pair[0], b=pair[1]))
            await writing
        except BaseException:
            await self.end()
            raise
        finally:
            writing.cancel()
        self._owed = len(expected)
        return found


class Objects:
    """``git cat-file --batch-command``: the sizes first, then what is small enough."""

    def __init__(self, place: Quarantine) -> None:
        self._git = Staying(place, ["cat-file", "--batch-command", "--buffer"], place.environment())
        self._turn = asyncio.Lock()

    async def blobs(self, names: Sequence[str], limit_bytes: int) -> dict[str, bytes]:
        """Name (object, or ``tree:path`` without a line break) → content. Missing ones, larger ones and no blobs are left out."""
        asked = [name for name in dict.fromkeys(names) if "\n" not in name]
        async with self._turn:
            sizes = await self._ask("info", asked, with_content=False)
            small = [name for name, (kind, size, _) in sizes.items() if kind == b"blob" and size <= limit_bytes]
            found = await self._ask("contents", small, with_content=True)
        return {name: content for name, (_, _, content) in found.items()}

    async def commits(self, names: Sequence[str]) -> set[str]:
        """Those that are there. Object names only."""
        async with self._turn:
            return {name for name, (kind, _, _) in (await self._ask("info", names, with_content=False)).items() if kind == b"commit"}

    async def close(self) -> None:
        await self._git.close()

    async def end(self) -> None:
        await self._git.end()

    async def _ask(self, word: str, names: Sequence[str], *, with_content: bool) -> dict[str, tuple[bytes, int, bytes]]:
        """Name → (type, bytes, content)."""
        if not names:
            return {}
        process = await self._git.process()
        assert process.stdout is not None
        lines = "".join(f"{word} {name}\n" for name in names).encode(errors="surrogateescape") + b"flush\n"
        writing = asyncio.create_task(feed(process, lines))
        found = {}
        try:
            async with asyncio.timeout(ANSWER_SECONDS):
                for name in names:
                    header = (await process.stdout.readuntil(b"\n")).split()
                    if len(header) != 3 or not header[2].isdigit():
                        continue  # "… missing", "… ambiguous"
                    size = int(header[2])
                    content = (await process.stdout.readexactly(size + 1))[:-1] if with_content else b""
                    found[name] = (header[1], size, content)
                await writing
        except (asyncio.IncompleteReadError, TimeoutError) as error:
            said = self._git.last_words()
            await self.end()
            raise GitError(f"git cat-file failed: {said or 'it was silent'}", said=said) from error
        except BaseException:
            await self.end()
            raise
        finally:
            writing.cancel()
        return found
