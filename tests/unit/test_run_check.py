"""What a check may do to us, which is nothing: hang, flood, leave processes behind, edit what it checks."""

from __future__ import annotations

import asyncio
import os
import resource
from contextlib import suppress
from pathlib import Path

import pytest

from orchestrator.boundaries.checks import CheckResult, run_check
from orchestrator.verbs.sensitive import sensitive_among
from orchestrator.verbs.telling_lines import MOST, headline, telling_lines


async def gone(pid_file: Path) -> None:
    """The process is dead, and whoever got it as a child has noticed."""
    async with asyncio.timeout(10):
        with suppress(ProcessLookupError):
            while True:
                os.kill(int(pid_file.read_text()), 0)
                await asyncio.sleep(0.01)


async def check(directory: Path, command: str, seconds: float = 20.0) -> CheckResult:
    return await run_check(command, directory, timeout_seconds=seconds)


async def test_one_that_hangs_is_stopped_with_all_that_it_started(tmp_path: Path) -> None:
    result = await check(tmp_path, "sleep 60 & echo $! >pid; echo begun; sleep 60", 0.5)
    assert (result.status, result.ok, result.tail) == (None, False, "begun\n\n(stopped)")
    assert "took too long" in result.line
    await gone(tmp_path / "pid")


@pytest.mark.parametrize("how", ["sleep 60 &", "setsid sleep 60 &", "nohup setsid sh -c 'sleep 60' >/dev/null 2>&1 &"])
async def test_what_it_leaves_behind_is_killed_and_holds_up_nobody(tmp_path: Path, how: str) -> None:
    async with asyncio.timeout(10):
        result = await check(tmp_path, f"{how} echo $! >pid; echo done")
    assert (result.ok, result.tail) == (True, "done")
    assert result.left >= 1
    assert "left" in result.line
    await gone(tmp_path / "pid")


async def test_one_that_prints_a_hundred_megabytes_is_read_and_not_kept(tmp_path: Path) -> None:
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    result = await check(tmp_path, "echo 'E   assert first'; yes line | head -c 100000000; echo 'FAILED last'; exit 1")
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 20_000  # kilobytes
    assert result.telling.startswith("E   assert first")
    assert result.why == "FAILED last"
    assert len(result.as_data["tail"]) <= 4000


async def test_one_that_is_called_off_is_stopped(tmp_path: Path) -> None:
    running = asyncio.create_task(check(tmp_path, "echo $$ >pid; sleep 60"))
    while not (tmp_path / "pid").exists() or not (tmp_path / "pid").read_text().strip():
        await asyncio.sleep(0.01)
    running.cancel()
    with suppress(asyncio.CancelledError):
        await running
    await gone(tmp_path / "pid")


LOGS = {
    "pytest": ("test_a.py .F\n\nE       assert 1 == 2\nE        +  where 1 = f()\n\ntest_a.py:3: AssertionError\n=== short ===\n"
               "FAILED test_a.py::test_a - assert 1 == 2\n1 failed, 1 passed in 0.1s\n", "FAILED test_a.py::test_a - assert 1 == 2"),
    "go": ("ok  \tpkg/a\t0.1s\n--- FAIL: TestX (0.00s)\n    x_test.go:7: got 1, want 2\nFAIL\tpkg/b\t0.2s\n", "FAIL\tpkg/b\t0.2s"),
    "rust": ("error[E0308]: mismatched types\n --> src/a.rs:3:5\nerror: could not compile `a`\n", "error: could not compile `a`"),
    "nothing": ("", "it printed nothing"),
    "weak": ("a\n0 errors\nthe value was undefined\n", "the value was undefined"),
}  # fmt: skip


@pytest.mark.parametrize("log", LOGS)
def test_the_line_that_says_why(log: str) -> None:
    text, why = LOGS[log]
    assert headline("\x1b[31m" + text.replace("\n", "\x1b[0m\r\n") if text else "") == why


def test_of_much_that_tells_the_first_and_the_last_are_shown() -> None:
    lines = [f"ok {n}" if n % 3 else f"AssertionError: {n}" for n in range(3000)]
    told = telling_lines("\n".join(lines))
    assert len(told) <= MOST
    assert "AssertionError: 0" in told
    assert "AssertionError: 2997" in told


def test_what_is_executed_by_agents_or_tools() -> None:
    paths = [
        ".claude/settings.json", "web/.claude/agents/x.md", ".mcp.json", "CLAUDE.md", "docs/claude.MD", "AGENTS.md",
        ".github/workflows/ci.yml", ".gitlab-ci.yml", ".gitattributes", "sub/.gitattributes", ".gitmodules",
        ".husky/pre-commit", ".pre-commit-config.yaml",
        ".vscode/tasks.json", ".televibe/config.yaml",
    ]  # fmt: skip
    assert sensitive_among(paths) == tuple(sorted(paths))
    assert sensitive_among(["README.md", ".gitignore", ".televibe/context.yaml", "src/claude.py", "docs/agents.rst"]) == ()
    assert sensitive_among(["deploy/prod.sh", "src/a.py"], ["deploy/**"]) == ("deploy/prod.sh",)
