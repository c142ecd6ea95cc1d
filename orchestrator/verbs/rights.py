"""Rights: what an action of a role means, everywhere it is enforced. Pure; whoever enforces one asks here.

::

    action         the agent's own flags                       our tools                      the worktree after each job
    ─────────────  ──────────────────────────────────────────  ─────────────────────────────  ──────────────────────────────────
    read           Read, Grep, Glob, commands that only read   all that only tell             nothing may have changed
    comment        –                                           messages, decisions, todos,    –
                                                               requests, reviews
    write          Edit and Write on ``writes``; git add,      as comment                     only paths that ``writes`` names
    refactor       commit, merge; with ``**`` also git mv,
    write_tests    rm, restore, revert, cherry-pick
    write_docs
    merge          as write                                    as comment                     as write; of a merge only what
                                                                                              its author added to it counts
    run_tests      the project's test commands                 –                              –
    security_scan  the scanners                                –                              –
    orchestrate    –                                           those that make sessions and   –
                                                               give them work

The columns are, in their order: ``boundaries/agents/claude_roles.py`` (and ``may_write`` in the scripted agent), ``may_call`` before
every call of a tool, and ``verbs/set_aside.py`` with ``engine/set_aside.py``. Everybody may read, and whoever may change something
may also comment. The first column keeps an honest agent on its job; the last one does not ask whether it is honest. ``CONTEXT`` may be
changed by every role: it is where sessions without our tools speak.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from functools import lru_cache

from orchestrator.nouns.session import CHANGES, Action, Role

CONTEXT = ".televibe/context.yaml"


def granted(role: Role) -> frozenset[Action]:
    """The actions of a role, and those they bring along."""
    own = frozenset(role.allowed_actions)
    return own | {Action.read} | ({Action.comment} if own & CHANGES else frozenset())


def may_change(role: Role) -> bool:
    """Whether it may change any file (``CONTEXT`` apart)."""
    return bool(role.writes) and bool(CHANGES & set(role.allowed_actions))


def may_write(role: Role, path: str) -> bool:
    """Whether a commit of this role may touch ``path``."""
    return path == CONTEXT or (may_change(role) and any(matches(glob, path) for glob in role.writes))


def may_call(role: Role, needs: Collection[Action]) -> bool:
    """Whether this role may call a tool of ours that ``needs`` one of these actions; none are needed by a tool for everybody."""
    return not needs or bool(granted(role) & set(needs))


def matches(glob: str, path: str) -> bool:
    """Whether a repository-relative path is one of those that the glob names."""
    return _pattern(glob).match(path) is not None


@lru_cache(maxsize=512)
def _pattern(glob: str) -> re.Pattern[str]:
    """``**`` crosses folders (and ``**/`` may be nothing), ``*`` and ``?`` do not."""
    parts = re.split(r"(\*\*/|\*\*|\*|\?)", glob)
    meaning = {"**/": "(?:.*/)?", "**": ".*", "*": "[^/]*", "?": "[^/]"}
    return re.compile("".join(meaning.get(part, re.escape(part)) for part in parts) + r"\Z", re.DOTALL)
