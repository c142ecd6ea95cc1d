"""GitHub through its own command ``gh``, which has the user's login. The only caller of it."""

from __future__ import annotations

import asyncio
import os
import re
import shutil

from orchestrator.nouns.errors import NotReady

URL = re.compile(r"https?://\S+")
TIMEOUT_SECONDS = 60.0


async def pull_request(directory: str, *, branch: str, base: str, title: str, body: str) -> tuple[str, bool]:
    """(URL, whether it is new) of a pull request of a pushed branch. ``NotReady`` with the way out when gh cannot."""
    gh = shutil.which("gh")
    if gh is None:
        raise NotReady(
            "gh is not installed, and pull requests are opened with it", "https://cli.github.com has it; then `gh auth login`"
        )
    asked = ["pr", "create", "--head", branch, "--base", base, "--title", title, "--body", body]
    process = await asyncio.create_subprocess_exec(
        gh,
        *asked,
        cwd=directory,
        env={**os.environ, "GH_PROMPT_DISABLED": "1", "NO_COLOR": "1"},
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        async with asyncio.timeout(TIMEOUT_SECONDS):
            out, err = await process.communicate()
    except TimeoutError:
        process.kill()
        await process.wait()
        raise NotReady(f"gh took longer than {TIMEOUT_SECONDS:g} seconds", f"try `gh pr create --head {branch}`") from None
    said = err.decode(errors="replace")
    if process.returncode == 0 and (found := URL.findall(out.decode(errors="replace"))):
        return found[-1], True
    if "already exists" in said and (found := URL.findall(said)):
        return found[-1], False
    line = next((line for line in said.splitlines() if line.strip()), f"exit status {process.returncode}")
    raise NotReady(f"gh did not open a pull request: {line.strip()}", "`gh auth status` shows who you are to it")
