"""What ``merge-tree``, ``diff-tree`` and ``ls-tree`` print with ``-z``, read as it arrives."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from orchestrator.nouns.compared import ABSENT, Desk, Difference, Differences, Merge, Said, Span, Stage


class MergeAnswers:
    """Answers of ``merge-tree --write-tree --stdin -z``, out of pieces of any length.

    One answer is ``status NUL tree NUL``, then the stages, an empty field, the messages, an empty field; of a clean merge only the
    first two and the empty field (git-merge-tree(1), OUTPUT). A status of 1 is clean.
    """

    def __init__(self) -> None:
        self._rest = b""
        self._fields: list[str] = []

    def feed(self, piece: bytes) -> list[Merge]:
        """The answers that are whole now, without the names of the commits."""
        *whole, self._rest = (self._rest + piece).split(b"\0")
        self._fields += [field.decode(errors="surrogateescape") for field in whole]
        answers, at = [], 0
        while (found := _answer(self._fields, at)) is not None:
            answer, at = found
            answers.append(answer)
        del self._fields[:at]
        return answers


def _answer(fields: Sequence[str], at: int) -> tuple[Merge, int] | None:
    """The answer that begins at ``at`` and where the next one does; None while a part is missing."""
    if len(fields) < at + 3:
        return None
    status, tree = fields[at], fields[at + 1]
    stages, after = _until_empty(fields, at + 2)
    if after is None:
        return None
    if status == "1":
        return Merge("", "", tree, clean=True), after
    said: list[Said] = []
    while after < len(fields):
        if not fields[after].isdigit():  # empty; or advice about submodules, which git prints as it is in front of the last zero byte
            return Merge("", "", tree, stages=tuple(map(_stage, stages)), said=tuple(said)), after + 1
        count = int(fields[after])
        end = after + count + 3
        if end > len(fields):
            return None
        kind, text = fields[end - 2 : end]
        if kind.startswith("CONFLICT"):
            said.append(Said(tuple(fields[after + 1 : end - 2]), kind, text.strip()))
        after = end
    return None


def _until_empty(fields: Sequence[str], at: int) -> tuple[Sequence[str], int | None]:
    for end in range(at, len(fields)):
        if fields[end] == "":
            return fields[at:end], end + 1
    return (), None


def _stage(field: str) -> Stage:
    facts, path = field.split("\t", 1)
    mode, blob, number = facts.split(" ")
    return Stage(int(number), path, mode, blob)


def differences(out: bytes, spans: Sequence[Span]) -> dict[Span, Differences]:
    """``diff-tree --stdin --always -r --raw -z`` for ``spans``, in their order: the head's name before the paths of each."""
    found: dict[Span, Differences] = {}
    todo = iter(spans)
    current: Differences = {}
    fields = iter(out.decode(errors="surrogateescape").split("\0"))
    for field in fields:
        if field.startswith(":"):
            one = _difference(field, fields)
            current[one.path] = one
        elif field.strip():
            current = found.setdefault(next(todo), {})
    return found


def changes(out: bytes) -> Differences:
    """``diff-tree -r --raw -z`` of two trees."""
    found: Differences = {}
    fields = iter(out.decode(errors="surrogateescape").split("\0"))
    for field in fields:
        if field.startswith(":"):
            one = _difference(field, fields)
            found[one.path] = one
    return found


def _difference(facts: str, fields: Iterator[str]) -> Difference:
    old_mode, new_mode, old, new, status = facts[1:].split(" ")
    old_path = path = next(fields)
    if status[0] in "RC":
        path = next(fields)
    return Difference(
        path=path,
        status=status[0],
        old_path=old_path,
        old_mode=old_mode,
        new_mode=new_mode,
        old_blob="" if old_mode == ABSENT else old,
        new_blob="" if new_mode == ABSENT else new,
    )


def entries(out: bytes) -> dict[str, tuple[str, str]]:
    """``ls-tree -r -z``: path → (mode, object)."""
    found = {}
    for field in out.decode(errors="surrogateescape").split("\0"):
        if field:
            facts, path = field.split("\t", 1)
            mode, _, name = facts.split(" ")
            found[path] = (mode, name)
    return found


def desks(out: bytes) -> list[Desk]:
    """``worktree list --porcelain -z``, without a bare repository and without worktrees whose directory is gone."""
    found = []
    for block in out.decode(errors="surrogateescape").split("\0\0"):
        facts = dict(line.partition(" ")[::2] for line in block.split("\0") if line)
        if "worktree" in facts and "bare" not in facts and Path(facts["worktree"]).is_dir():
            head = facts.get("HEAD", "")
            branch = facts["branch"].removeprefix("refs/heads/") if "branch" in facts else None
            found.append(Desk(facts["worktree"], "" if set(head) == {"0"} else head, branch))
    return found
