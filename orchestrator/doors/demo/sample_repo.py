"""The demo's repository: a small shop with tests that run, under git, initialised for scripted agents."""

from __future__ import annotations

import asyncio
import json
import os
import shlex
import shutil
import sys
import tempfile
from importlib.resources import as_file, files
from pathlib import Path

from orchestrator.nouns.errors import GitError, NotReady

STORED_AS = {"gitignore": ".gitignore"}
"""A file that would mean something to git where it is stored."""

IDENTITY = {
    "GIT_AUTHOR_NAME": "Shop Owner",
    "GIT_AUTHOR_EMAIL": "owner@shop.example",
    "GIT_COMMITTER_NAME": "Shop Owner",
    "GIT_COMMITTER_EMAIL": "owner@shop.example",
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_TERMINAL_PROMPT": "0",
}


async def make_sample(directory: Path) -> Path:
    """Make ``directory`` the sample repository, with the agents' script beside it; one that was made before is left as it is.

    The repository appears whole or not at all. ``NotReady`` when ``directory`` holds something else, or cannot be written.
    """
    repo = directory.absolute()
    scenario = repo.parent / f"{repo.name}-scenario.yaml"
    if (repo / ".televibe" / "config.yaml").is_file() and scenario.is_file():
        return repo
    try:
        if repo.exists() and any(repo.iterdir()):
            raise NotReady(f"{repo} is not empty, and not a demo", "name a directory that is empty or not there yet")
        repo.parent.mkdir(parents=True, exist_ok=True)
        making = Path(tempfile.mkdtemp(prefix=f".{repo.name}-", dir=repo.parent))
    except OSError as error:
        raise NotReady(f"{repo} cannot be used: {error.strerror}", "name a directory that can be written") from error
    try:
        await _make(making / repo.name, scenario)
        (making / repo.name).replace(repo)
    finally:
        shutil.rmtree(making, ignore_errors=True)
    return repo


async def _make(repo: Path, scenario: Path) -> None:
    with as_file(files(__package__)) as package:
        shutil.copytree(package / "sample", repo, ignore=shutil.ignore_patterns("__pycache__", ".*"))
        shutil.copyfile(package / "scenario.yaml", scenario)
    for stored, name in STORED_AS.items():
        (repo / stored).rename(repo / name)
    await _git(repo, "init", "-q", "-b", "main")
    for key, value in (("user.name", IDENTITY["GIT_AUTHOR_NAME"]), ("user.email", IDENTITY["GIT_AUTHOR_EMAIL"])):
        await _git(repo, "config", key, value)
    await _commit(repo, "A little shop")
    (repo / ".televibe").mkdir()
    (repo / ".televibe" / "config.yaml").write_text(_config(scenario), encoding="utf-8")
    await _commit(repo, "Work on it with TeleVibe")


def _config(scenario: Path) -> str:
    """Decisions are the deterministic ones: a demo spends nothing, whatever keys are in the environment."""
    check = f"{shlex.quote(sys.executable)} -m unittest discover -q -s tests -t ."
    return (
        "# The demo: agents that follow a script, and the project's own tests before anything lands.\n"
        "agent: scripted\n"
        f"scripted:\n  script: {json.dumps(str(scenario))}\n"
        f"checks:\n  - {json.dumps(check)}\n"
        "model:\n  policy: deterministic\n"
    )


async def _commit(repo: Path, message: str) -> None:
    await _git(repo, "add", "-A")
    await _git(repo, "commit", "-q", "--no-verify", "--no-gpg-sign", "-m", message)


async def _git(repo: Path, *arguments: str) -> None:
    kept = {k: v for k, v in os.environ.items() if not k.startswith("GIT_")}
    try:
        process = await asyncio.create_subprocess_exec(
            "git",
            *arguments,
            cwd=repo,
            env={**kept, **IDENTITY},
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.PIPE,
        )
    except FileNotFoundError as error:
        raise NotReady("git is not installed", "install git 2.38 or newer, e.g. apt install git") from error
    _, said = await process.communicate()
    if process.returncode:
        line = said.decode(errors="replace").strip()
        raise GitError(f"git {arguments[0]} failed: {line}", argv=arguments, status=process.returncode or 0, said=line)
