"""The rules that keep Claude Code out of other sessions' files: they match every other name, and never an own one."""

from __future__ import annotations

import re
from fnmatch import translate

from hypothesis import given
from hypothesis import strategies as st

from orchestrator.boundaries.agents.claude_walls import NAMES_ARE_MADE_OF, all_but, other_names

names = st.text(NAMES_ARE_MADE_OF, min_size=1, max_size=6)


def matches(glob: str, name: str) -> bool:
    """As Claude Code reads it: letters have no case."""
    return re.fullmatch(translate(glob), name, re.IGNORECASE) is not None


@given(st.lists(st.from_regex(r"[PS][1-9][0-9]{0,3}", fullmatch=True), min_size=1, max_size=3), names)
def test_every_other_name_is_matched_and_no_own_one(own: list[str], other: str) -> None:
    globs = other_names(own)
    assert not [name for name in own if any(matches(glob, name) for glob in globs)]
    known = {name.lower() for name in own}
    assert any(matches(glob, other) for glob in globs) == (other.lower() not in known)


def test_what_lies_in_an_own_directory_is_free_and_its_neighbours_are_not() -> None:
    globs = all_but("/h", ["/h/worktrees/P1/S12", "/h/sessions/S12"])

    def hidden(path: str) -> bool:
        parts = path.split("/")
        above = ["/".join(parts[:end]) for end in range(2, len(parts) + 1)]
        return any(matches(glob, part) and glob.count("/") == part.count("/") for part in above for glob in globs)

    free = ["/h/worktrees/P1/S12/src/shop.py", "/h/sessions/S12/claude/settings.json"]
    others = ["/h/televibe.db", "/h/televibe.db-wal", "/h/server.json", "/h/worktrees/P1/S1/a", "/h/worktrees/P1/S123/a"]
    others += ["/h/worktrees/P1/landing-G3/a", "/h/worktrees/P2/S12/a", "/h/sessions/S2/J1.jsonl", "/h/index/x", "/h/logs/git.jsonl"]
    assert [path for path in free if hidden(path)] == []
    assert [path for path in others if not hidden(path)] == []


def test_without_anything_own_all_is_hidden() -> None:
    assert all_but("/h", ["/elsewhere/S1"]) == ["/h/*"]
