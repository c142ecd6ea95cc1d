"""Real repositories for tests, made with real git, apart from the user's own settings."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

WHO = {
    "GIT_CONFIG_GLOBAL": "/dev/null",
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_AUTHOR_NAME": "Ada",
    "GIT_AUTHOR_EMAIL": "ada@example.org",
    "GIT_COMMITTER_NAME": "Ada",
    "GIT_COMMITTER_EMAIL": "ada@example.org",
}


def git(repo: Path, *arguments: str) -> str:
    """Run git in ``repo``; returns its stdout without the last newline."""
    done = subprocess.run(["git", *arguments], cwd=repo, env={**os.environ, **WHO}, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.rstrip("\n")


def make_repo(path: Path, files: dict[str, str]) -> Path:
    """A repository with one commit of ``files`` on main."""
    path.mkdir(parents=True)
    git(path, "init", "-q", "-b", "main")
    return commit(path, files, "start")


def commit(repo: Path, files: dict[str, str], message: str) -> Path:
    """Write ``files`` and commit everything."""
    for name, text in files.items():
        (repo / name).parent.mkdir(parents=True, exist_ok=True)
        (repo / name).write_text(text)
    git(repo, "add", "-A")
    git(repo, "commit", "-q", "--allow-empty", "-m", message)
    return repo
