"""What git prints with ``-z``, as values."""

from __future__ import annotations

from orchestrator.nouns.repo import ChangeKind, Commit, FileChange

COMMIT_FORMAT = "%H%x1f%P%x1f%an <%ae>%x1f%cI%x1f%s%x1f%b%x1e"


def name_status(out: bytes) -> list[FileChange]:
    """``diff --name-status -z``: status, path; for renames and copies status, old path, new path."""
    entries = fields(out)
    changes = []
    while entries:
        status = entries.pop(0)
        path = entries.pop(0)
        if status[0] in "RC":
            new = entries.pop(0)
            changes.append(FileChange(path=new, kind=ChangeKind.renamed, old_path=path if status[0] == "R" else None))
        else:
            kind = ChangeKind(status[0]) if status[0] in "AMDT" else ChangeKind.modified
            changes.append(FileChange(path=path, kind=kind))
    return changes


def raw(out: bytes) -> list[tuple[str, str, str]]:
    """``diff-tree --raw -z --no-renames``: (mode, object, path) on the new side; a path that is gone has mode ``000000``."""
    entries = fields(out)
    return [(entries[at].split()[1], entries[at].split()[3], entries[at + 1]) for at in range(0, len(entries) - 1, 2)]


def porcelain(out: bytes) -> list[tuple[str, str, str | None]]:
    """``status --porcelain -z``: (two-letter status, path, old path of a rename)."""
    entries = fields(out)
    found = []
    while entries:
        entry = entries.pop(0)
        status, path = entry[:2], entry[3:]
        found.append((status, path, entries.pop(0) if "R" in status or "C" in status else None))
    return found


def change_of(status: str, path: str, old: str | None) -> FileChange:
    """One uncommitted change; untracked files are additions."""
    if "R" in status:
        return FileChange(path=path, kind=ChangeKind.renamed, old_path=old)
    letter = "A" if status == "??" else status.strip()[0]
    return FileChange(path=path, kind=ChangeKind(letter) if letter in "AMDT" else ChangeKind.modified)


def commits(out: bytes) -> list[Commit]:
    """``log`` with ``COMMIT_FORMAT``."""
    found = []
    for record in out.decode(errors="replace").split("\x1e"):
        parts = record.lstrip("\n").split("\x1f")
        if len(parts) == 6:
            sha, parents, author, at, subject, body = parts
            found.append(Commit(sha=sha, parents=tuple(parents.split()), subject=subject, body=body.strip(), author=author, at=at))
    return found


def worktrees(out: bytes) -> dict[str, str]:
    """``worktree list --porcelain -z``: branch → path."""
    found: dict[str, str] = {}
    path = ""
    for field in fields(out, keep_empty=True):
        if field.startswith("worktree "):
            path = field.removeprefix("worktree ")
        elif field.startswith("branch refs/heads/"):
            found[field.removeprefix("branch refs/heads/")] = path
    return found


def worktree_paths(out: bytes) -> list[str]:
    """``worktree list --porcelain -z``: paths, the main worktree first."""
    return [f.removeprefix("worktree ") for f in fields(out) if f.startswith("worktree ")]


def sizes(out: bytes, paths: list[str]) -> dict[str, int]:
    """``cat-file --batch-check`` answers: sizes of the blobs among ``paths``."""
    found: dict[str, int] = {}
    for path, line in zip(paths, out.removesuffix(b"\n").split(b"\n"), strict=True):  # a name may hold any other line break
        parts = line.rsplit(b" ", 2)
        if len(parts) == 3 and parts[1] == b"blob":
            found[path] = int(parts[2])
    return found


def blobs(out: bytes, paths: list[str]) -> dict[str, bytes]:
    """``cat-file --batch`` answers, in the order of ``paths``."""
    found: dict[str, bytes] = {}
    at = 0
    for path in paths:
        end = out.index(b"\n", at)
        header = out[at:end]
        at = end + 1
        if header.endswith((b" missing", b" ambiguous")):
            continue
        size = int(header.rsplit(b" ", 1)[1])
        if header.split(b" ")[-2] == b"blob":
            found[path] = out[at : at + size]
        at += size + 1
    return found


def objects(out: bytes) -> dict[str, bytes]:
    """``cat-file --batch`` answers for objects that exist: name → content."""
    found: dict[str, bytes] = {}
    at = 0
    while at < len(out):
        end = out.index(b"\n", at)
        name, _, size = out[at:end].split(b" ")
        found[name.decode()] = out[end + 1 : end + 1 + int(size)]
        at = end + 2 + int(size)
    return found


def tree_of(commit: bytes) -> str:
    """The tree of a commit, from its content."""
    return commit.partition(b"\n")[0].split(b" ")[1].decode()


def rewritten(commit: bytes, tree: str, parent: str, committer: bytes) -> bytes:
    """The content of a commit with another tree, parent and committer. Author, encoding and message stay byte for byte; a signature
    would be false now."""
    header, _, message = commit.partition(b"\n\n")
    kept = [line for line in header.split(b"\n") if line.startswith((b"author ", b"encoding "))]
    lines = [f"tree {tree}".encode(), f"parent {parent}".encode(), kept[0], b"committer " + committer, *kept[1:]]
    return b"\n".join(lines) + b"\n\n" + message


def names(out: bytes) -> set[str]:
    """Paths, each ended by a zero byte."""
    return set(fields(out))


def fields(out: bytes, *, keep_empty: bool = False) -> list[str]:
    """What stands between zero bytes."""
    found = out.decode(errors="surrogateescape").split("\0")
    return found if keep_empty else [f for f in found if f]
