"""Whether a worktree changed, told by names, sizes and times alone: no file is read, no process is started."""

from __future__ import annotations

import hashlib
import os
import stat
import time
from pathlib import Path

JUST_NOW_NS = 50_000_000
"""A file written so shortly before the look may be written again without its time telling (git's technical/racy-git)."""

OWN = ("index", "HEAD", "MERGE_HEAD", "info/exclude", "info/attributes")
"""Files of a git directory that change what a snapshot is."""


def signature_of(worktree: Path, git_dir: Path, ignored: frozenset[str]) -> str:
    """A digest of everything outside of the ``ignored`` directories; empty when something is too fresh to be told from what comes
    next, or cannot be looked at. Five thousand files: 20 ms."""
    newest = 0
    digest = hashlib.sha256()
    for name in OWN:
        try:
            found = (git_dir / name).stat()
        except OSError:
            continue
        digest.update(f"{name} {found.st_mtime_ns} {found.st_size} {found.st_ino}\0".encode())
    digest.update(_head(git_dir))
    todo = [""]
    try:
        while todo:
            folder = todo.pop()
            with os.scandir(os.path.join(worktree, folder)) as entries:  # noqa: PTH118 a Path for each of thousands costs more than the look
                for entry in sorted(entries, key=lambda entry: entry.name):
                    path = f"{folder}/{entry.name}" if folder else entry.name
                    found = entry.stat(follow_symlinks=False)
                    if stat.S_ISDIR(found.st_mode):
                        if entry.name != ".git" and path not in ignored:
                            todo.append(path)
                        continue
                    newest = max(newest, found.st_mtime_ns, found.st_ctime_ns)
                    fact = f"{path}\0{found.st_mtime_ns} {found.st_ctime_ns} {found.st_size} {found.st_ino} {found.st_mode}\0"
                    digest.update(fact.encode(errors="surrogateescape"))
    except OSError:
        return ""
    return "" if abs(time.time_ns() - newest) < JUST_NOW_NS else digest.hexdigest()


def _head(git_dir: Path) -> bytes:
    """Where the branch of a worktree stands, as far as a file says it."""
    try:
        said = (git_dir / "HEAD").read_bytes()
        common = git_dir / (git_dir / "commondir").read_text().strip() if (git_dir / "commondir").exists() else git_dir
        if not said.startswith(b"ref: "):
            return said
        found = (common / os.fsdecode(said[5:].strip())).stat()
    except OSError:
        return b""
    return f"{found.st_mtime_ns} {found.st_ino}".encode()
