"""Set aside: which commit is a job's work, which of it the role may keep, and what is taken out of the branch. Pure.

An agent was told what it may do; here it counts what it did. ``engine/set_aside.py`` finds the facts and carries out the verdict.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from orchestrator.nouns.session import Role
from orchestrator.verbs.quote import inline
from orchestrator.verbs.rights import may_change, may_write

FILES_SHOWN = 5


class Oddity(StrEnum):
    """What an agent did to its branch besides committing to it."""

    none = ""
    left = "it left its branch"
    rewrote = "it rewrote what its branch had before"
    rewound = "it took its branch back behind where the job began"


@dataclass(frozen=True)
class Found:
    """What git tells of a worktree when a job ended. Commits are full SHAs; left-over work is part of ``head``."""

    base: str  # where the job began
    branch: str  # the head of the session's branch
    head: str  # what the worktree has checked out
    on_branch: bool
    head_has_base: bool
    head_has_branch: bool
    base_has_head: bool
    branch_has_base: bool


@dataclass(frozen=True)
class Work:
    """The commit that is taken for the job's work, and why that is not a matter of course."""

    commit: str
    oddity: Oddity = Oddity.none


@dataclass(frozen=True)
class Verdict:
    """What becomes of the work. With ``rewrite`` it is put back to its base, and ``allowed`` is
    what one new commit on top of that holds."""

    refused: tuple[str, ...] = ()
    allowed: tuple[str, ...] = ()
    rewrite: bool = False


def work_in(found: Found) -> Work:
    """Which commit is the work. An agent that committed beside its branch has worked; one that only looks at old commits has not."""
    if found.on_branch:
        if found.head_has_base:
            return Work(found.head)
        return Work(found.base, Oddity.rewound) if found.base_has_head else Work(found.head, Oddity.rewrote)
    committed = found.branch_has_base and found.branch != found.base
    if found.head_has_base and (found.head_has_branch or not committed):
        return Work(found.head, Oddity.left)
    return Work(found.branch if found.branch_has_base else found.base, Oddity.left)


def judge(role: Role, work: Work, base: str, paths: Sequence[str]) -> Verdict:
    """``paths``: what the work changed by itself. A role without rights to any of it must not have committed at all."""
    refused = tuple(path for path in paths if not may_write(role, path))
    allowed = tuple(path for path in paths if may_write(role, path))
    rewrite = bool(refused) or work.oddity is Oddity.rewrote or (work.commit != base and not allowed and not may_change(role))
    return Verdict(refused, allowed, rewrite)


def commit_message(role: Role, session_id: str, job_id: str, ref: str) -> str:
    """Of the commit that holds what the role may change."""
    return (
        f"{role.name}: what the role may change\n\n"
        f"{session_id} also changed in {job_id} what a {role.name} must not. All of it is kept under\n{ref}; here is the rest."
    )


def told(role: Role, refused: Sequence[str], refs: Sequence[str], oddity: Oddity, reached: Sequence[str] = ()) -> str:
    """One line for the user: what was set aside, why, and where it is. ``reached``: branches that have it all the same. Empty when
    there is nothing to tell."""
    where = f"; kept as {', '.join(refs)}" if refs else ""
    if reached:
        where += f"; it stands on {', '.join(inline(branch, 120) for branch in reached)} too, where TeleVibe did not put it"
    if refused:
        shown = ", ".join(inline(path, 120) for path in refused[:FILES_SHOWN])
        more = f" and {len(refused) - FILES_SHOWN} more" if len(refused) > FILES_SHOWN else ""
        also = f"; {oddity.value}" if oddity else ""
        return f"Set aside, for a {role.name} may not change it: {shown}{more}{also}{where}"
    if not refs and not oddity:
        return ""
    return f"Put back: {oddity.value or f'a {role.name} makes no commits'}{where}"
