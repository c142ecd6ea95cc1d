"""What a script does to files: worked out first as a value, then done; doing it again gives the same. Confined to the worktree."""

from __future__ import annotations

from pathlib import Path
from typing import assert_never

from orchestrator.boundaries.agents.script import Append, Delete, Edit, FileStep, Replace
from orchestrator.nouns.base import Noun
from orchestrator.nouns.errors import AgentError
from orchestrator.verbs.grammar import counted


class Rewrite(Noun):
    """A file as it is to be: its whole text, or None for no file. The redo record of a file step."""

    path: str  # relative to the worktree
    text: str | None


def rewrite_of(worktree: Path, step: FileStep) -> Rewrite:
    """What ``step`` makes of the file as it is now. ``AgentError`` when that cannot be said, or must not be done.

    A ``replace`` whose ``new`` is there and whose ``old`` is not has been done: the file stays as it is.
    """
    file = _confined(worktree, step.path)
    match step:
        case Edit(content=content):
            return Rewrite(path=step.path, text=content)
        case Append(content=content):
            return Rewrite(path=step.path, text=(_read(file, step.path) if file.exists() else "") + content)
        case Replace(old=old, new=new):
            return Rewrite(path=step.path, text=_replaced(_read(file, step.path), step.path, old, new))
        case Delete():
            if not file.is_file():
                raise AgentError(f"there is no file {step.path} to delete")
            return Rewrite(path=step.path, text=None)
        case never:
            assert_never(never)


def carry_out(worktree: Path, rewrite: Rewrite) -> None:
    """Make the file as it is to be, whatever it is now: a write that was cut in half is mended by doing it again."""
    file = _confined(worktree, rewrite.path)
    try:
        if rewrite.text is None:
            file.unlink(missing_ok=True)
            return
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(rewrite.text.encode())
    except OSError as error:
        raise AgentError(f"{rewrite.path} cannot be written: {error.strerror}") from error


def _replaced(text: str, path: str, old: str, new: str) -> str:
    left = text.replace(new, "\0") if new else text  # ``new`` often contains ``old``: an insertion
    if new and new in text and old not in left:
        return text
    if (count := text.count(old)) != 1:
        raise AgentError(f"the text to replace is there {counted(count, 'time')} in {path}, not once: {old[:60]!r}")
    return text.replace(old, new)


def _confined(worktree: Path, path: str) -> Path:
    """The file, if it really is inside the worktree: no symbolic link, in it or on the way to it, may lead out."""
    root = worktree.resolve()
    file = root / path
    if file.is_symlink() or not file.parent.resolve().is_relative_to(root):
        raise AgentError(f"{path} leads out of the worktree")
    if ".git" in {part.lower() for part in file.parent.resolve().relative_to(root).parts}:
        raise AgentError(f"{path} leads into .git")
    if file.is_dir():
        raise AgentError(f"{path} is a directory")
    return file


def _read(file: Path, path: str) -> str:
    try:
        return file.read_bytes().decode("utf-8")
    except FileNotFoundError:
        raise AgentError(f"there is no file {path}") from None
    except (OSError, UnicodeDecodeError) as error:
        raise AgentError(f"{path} cannot be read as text: {error}") from error
