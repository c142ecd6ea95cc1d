"""What a job did, in one to four lines made of facts: commits, files, interfaces, and what its agent said at the end."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import assert_never

from orchestrator.nouns.interface import Export, ExportStatus, SymbolKind
from orchestrator.nouns.repo import ChangeKind, Commit, FileChange
from orchestrator.verbs.grammar import counted
from orchestrator.verbs.quote import inline

SHOWN = 5
SUBJECT_LIMIT = 80
WORDS_LIMIT = 240


def summarise_job(commits: Sequence[Commit], files: Sequence[FileChange], exports: Sequence[Export], last_words: str) -> str:
    """One to four lines. What the agent said comes last and as its own claim; the rest is from git and from the code."""
    lines = [_commits(commits, files), _interfaces(exports), _said(last_words)]
    return "\n".join(line for line in lines if line)


def _commits(commits: Sequence[Commit], files: Sequence[FileChange]) -> str:
    if not commits:
        return "No commits were made."
    own = [c for c in commits if len(c.parents) < 2]
    merges = len(commits) - len(own)
    made = counted(len(own), "commit") + (f" and {counted(merges, 'merge')}" if merges else "")
    subjects = _some((inline(c.subject, SUBJECT_LIMIT) for c in own), "; ")
    changed = _some((_file(f) for f in files), ", ")
    first = f"{made}: {subjects}." if subjects else f"{made}."
    return f"{first}\nChanged {counted(len(files), 'file')}: {changed}." if changed else f"{first} No file differs."


def _file(file: FileChange) -> str:
    path = inline(file.path, 120)
    match file.kind:
        case ChangeKind.added:
            return f"{path} (new)"
        case ChangeKind.deleted:
            return f"{path} (deleted)"
        case ChangeKind.renamed:
            return f"{path} (was {inline(file.old_path or '?', 120)})"
        case ChangeKind.modified | ChangeKind.type_changed:
            return path
        case never:
            assert_never(never)


def _interfaces(exports: Sequence[Export]) -> str:
    words = {ExportStatus.found: "New", ExportStatus.changed: "Changed", ExportStatus.gone: "Gone"}
    parts = []
    for status, word in words.items():
        named = [e for e in exports if e.status is status]
        # methods are said by their class, unless it is they that changed
        told = [e for e in named if e.kind is not SymbolKind.method] or named
        if told:
            parts.append(f"{word} interfaces: {_some((inline(e.name, 80) for e in told), ', ')}.")
    return " ".join(parts)


def _said(last_words: str) -> str:
    words = inline(last_words, WORDS_LIMIT)
    return f"The agent said: {words}" if words else ""


def _some(items: Iterable[str], separator: str) -> str:
    every = list(items)
    rest = len(every) - SHOWN
    return separator.join(every[:SHOWN]) + (f" and {rest} more" if rest > 0 else "")
