"""``televibe doctor``: is everything here that is needed, and what to do about what is not."""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
import stat
import sys
from collections.abc import AsyncIterator
from dataclasses import asdict, dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any, assert_never

from orchestrator.boundaries.agents.claude_command import INSTALL
from orchestrator.boundaries.config import load_policy
from orchestrator.boundaries.git.driver import Installed, merge_driver
from orchestrator.boundaries.git.repository import Repository
from orchestrator.boundaries.git.run import MINIMUM, require_git
from orchestrator.boundaries.home import Home
from orchestrator.boundaries.store.sql import open_store
from orchestrator.doors.output import Out, Tone
from orchestrator.engine.lock import holder
from orchestrator.nouns.errors import TeleVibeError
from orchestrator.nouns.policy import Policy
from orchestrator.verbs.grammar import counted
from orchestrator.verbs.preflight import preflight

PYTHON = (3, 11)
LOW_DISK_BYTES = 1_000_000_000
"""Below it a warning: every session has a worktree of its own."""


class Level(StrEnum):
    """How good or bad a finding is. Only ``failed`` makes the exit status 1."""

    fine = "ok"
    info = "info"  # optional, and not there
    warning = "warning"
    failed = "failed"


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at. ``remedy`` is the way out, empty when nothing is to be done."""

    name: str
    level: Level
    detail: str
    remedy: str = ""

    @property
    def ok(self) -> bool:
        return self.level is not Level.failed


async def doctor(repo: Path | None, out: Out, *, as_json: bool) -> int:
    """Look at everything; the exit status is 1 only when something required failed.

    ``repo`` is None when the user named none: then it is no failure to be outside of a repository.
    """
    findings = [finding async for finding in examined(Home.find(), repo)]
    well = all(finding.ok for finding in findings)
    if as_json:
        out.document({"ok": well, "lines": [_document(finding) for finding in findings]})
    else:
        for finding in findings:
            _print(out, finding)
    return 0 if well else 1


def _document(finding: Finding) -> dict[str, Any]:
    return {**asdict(finding), "ok": finding.ok}


def _print(out: Out, finding: Finding) -> None:
    mark, tone = _manner(finding.level)
    out.line(f"{mark:<7}  {finding.name:<11}  {finding.detail}", tone)
    if finding.remedy:
        out.line(f"{'':<7}  {'':<11}  → {finding.remedy}" if out.icons else f"{'':<22}-> {finding.remedy}")


def _manner(level: Level) -> tuple[str, Tone]:
    match level:
        case Level.fine:
            return "ok", Tone.good
        case Level.info:
            return "info", Tone.quiet
        case Level.warning:
            return "warning", Tone.warn
        case Level.failed:
            return "FAILED", Tone.bad
        case never:
            assert_never(never)


async def examined(home: Home, repo: Path | None) -> AsyncIterator[Finding]:
    """Everything that is looked at, in the order in which one thing needs the other."""
    git = await _git()
    yield git
    yield _python()
    yield _home(home)
    yield _disk(home)
    yield await _database(home)
    yield _engine(home)
    yield _key()
    policy: Policy | None = None
    if git.ok:
        found, repository = await _opened(repo)
        yield found
        if repository is not None:
            found, policy = _config(Path(repository.root))
            yield found
            if policy is not None and policy.context_file:
                yield await _merge_driver(repository.root)
    yield _claude(policy)


def _failed(name: str, error: TeleVibeError) -> Finding:
    return Finding(name, Level.failed, str(error), error.remedy)


async def _git() -> Finding:
    try:
        version = await require_git()
    except TeleVibeError as error:
        return _failed("git", error)
    return Finding("git", Level.fine, f"{'.'.join(map(str, version))} (needs {'.'.join(map(str, MINIMUM))})")


def _python() -> Finding:
    version = ".".join(map(str, sys.version_info[:3]))
    if sys.version_info < PYTHON:
        return Finding("python", Level.failed, f"{version} is too old", "use Python 3.11 or newer")
    return Finding("python", Level.fine, f"{version} at {sys.executable}")


def _home(home: Home) -> Finding:
    known = home.path.is_dir()
    mode = stat.S_IMODE(home.path.stat().st_mode) if known else 0o700
    if mode & 0o077:
        return Finding("home", Level.failed, f"others can look into {home.path} (mode {mode:04o})", f"chmod 700 {home.path}")
    nearest = next(p for p in (home.path, *home.path.parents) if p.exists())
    if not nearest.is_dir() or not os.access(nearest, os.W_OK | os.X_OK):
        why = "is not writable" if nearest.is_dir() else "is not a directory"
        return Finding("home", Level.failed, f"{nearest} {why}", "set TELEVIBE_HOME to a writable directory")
    return Finding("home", Level.fine, str(home.path) if known else f"{home.path} will be made by `televibe init`")


def _disk(home: Home) -> Finding:
    nearest = next(p for p in (home.path, *home.path.parents) if p.exists())
    free = shutil.disk_usage(nearest).free
    detail = f"{free / 1e9:.1f} GB free under {nearest}"
    if free < LOW_DISK_BYTES:
        return Finding("disk", Level.warning, detail, "free some space, or set TELEVIBE_HOME to a larger disk")
    return Finding("disk", Level.fine, detail)


async def _database(home: Home) -> Finding:
    elsewhere = os.environ.get("TELEVIBE_DATABASE_URL")
    if not elsewhere and not home.database_file.exists():
        return Finding("database", Level.info, "not there yet", "`televibe init` in a repository makes it")
    try:
        store = await open_store(home.database_url)
        async with store.reading() as view:
            projects = await view.projects()
        await store.close()
    except TeleVibeError as error:
        return _failed("database", error)
    where = "TELEVIBE_DATABASE_URL" if elsewhere else str(home.database_file)
    return Finding("database", Level.fine, f"{where} is up to date, {counted(len(projects), 'project')}")


def _engine(home: Home) -> Finding:
    process = holder(home.engine_lock)
    if process is None:
        return Finding("engine", Level.info, "not running", "`televibe up` starts it; `televibe goal` and `chat` bring their own")
    return Finding("engine", Level.fine, f"running as process {process}")


def _key() -> Finding:
    if os.environ.get("ANTHROPIC_API_KEY"):
        return Finding("model key", Level.fine, "ANTHROPIC_API_KEY is set")
    remedy = "export ANTHROPIC_API_KEY=… lets the model decide where rules are unsure"
    return Finding("model key", Level.info, "ANTHROPIC_API_KEY is not set; decisions are made by rules", remedy)


async def _opened(repo: Path | None) -> tuple[Finding, Repository | None]:
    """The repository's state; to be outside of any is only bad for somebody who named a path."""
    try:
        repository = await Repository.open(str(repo or Path()))
    except TeleVibeError as error:
        meant = repo is not None or _in_git(Path.cwd())
        return Finding("repository", Level.failed if meant else Level.info, str(error), error.remedy), None
    try:
        state = await repository.state()
        preflight(state, allow_dirty=True)
    except TeleVibeError as error:
        return _failed("repository", error), repository
    where = f"{state.root} on {state.branch}"
    if state.dirty:
        remedy = "commit or stash them: sessions start from the last commit"
        return Finding("repository", Level.warning, f"{where}, {counted(len(state.dirty), 'uncommitted change')}", remedy), repository
    return Finding("repository", Level.fine, where), repository


def _in_git(path: Path) -> bool:
    """Some kind of repository: then its state matters."""
    return any((p / ".git").exists() or ((p / "HEAD").is_file() and (p / "objects").is_dir()) for p in (path, *path.parents))


def _config(root: Path) -> tuple[Finding, Policy | None]:
    path = root / ".televibe" / "config.yaml"
    if not path.exists():
        return Finding("config", Level.info, "this repository is not initialised", "run `televibe init`"), None
    try:
        policy = load_policy(root)
    except TeleVibeError as error:
        return _failed("config", error), None
    return Finding("config", Level.fine, f"{path} (agent {policy.agent}, {counted(len(policy.checks), 'check')})"), policy


async def _merge_driver(root: str) -> Finding:
    """Without it two branches that both add to the context file conflict."""
    found = await merge_driver(root, lambda _: None)
    match found.state:
        case Installed.ready:
            return Finding("merge driver", Level.fine, f"installed in {found.attributes}")
        case Installed.elsewhere:
            return Finding("merge driver", Level.warning, f"it is {found.command}", "run `televibe init` to make it this televibe")
        case Installed.missing:
            return Finding("merge driver", Level.warning, "that of the context file is not installed", "run `televibe init`")


def _claude(policy: Policy | None) -> Finding:
    """Looked up without importing the SDK. Missed only where the configuration says that claude does the work."""
    missing = Level.warning if policy is not None and policy.agent == "claude" else Level.info
    path = policy.claude.path if policy else None
    found = importlib.util.find_spec("claude_agent_sdk")
    if found is None or found.origin is None:
        remedy = f"{INSTALL} (in a checkout: make claude), or set agent: scripted in .televibe/config.yaml"
        return Finding("claude code", missing, "claude-agent-sdk is not installed", remedy)
    if path and shutil.which(path) is None:
        return Finding("claude code", missing, f"{path} is not an executable", "correct claude.path in .televibe/config.yaml")
    if path:
        return Finding("claude code", Level.fine, f"{path} (claude.path)")
    version = re.search(r"__cli_version__ = \"([^\"]+)\"", _text(Path(found.origin).with_name("_cli_version.py")))
    bundled = any((Path(found.origin).parent / "_bundled").glob("claude*"))
    if not bundled and shutil.which("claude") is None:
        remedy = "reinstall claude-agent-sdk, or install Claude Code and set claude.path"
        return Finding("claude code", missing, "the SDK is there, its command-line program is not", remedy)
    return Finding("claude code", Level.fine, f"{version[1] if version else 'of unknown version'}, bundled with the SDK")


def _text(path: Path) -> str:
    return path.read_text(errors="replace") if path.is_file() else ""
