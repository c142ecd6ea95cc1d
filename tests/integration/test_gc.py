"""``televibe gc``: what nobody needs is shown, then removed; the only copy of anything stays."""

from __future__ import annotations

import dataclasses
from datetime import timedelta
from pathlib import Path

import pytest

from orchestrator.boundaries.queue.memory import MemoryQueue
from orchestrator.doors.gc import age_of
from orchestrator.engine.sessions import close_session, new_session
from orchestrator.engine.sweep import carry_out, look
from orchestrator.nouns.errors import UsageError
from orchestrator.nouns.event import EventKind
from tests.line import line
from tests.repos import commit, git

MONTH = timedelta(days=30)


async def test_what_is_elsewhere_goes_and_the_only_copy_stays(tmp_path: Path) -> None:
    async with line(tmp_path, "scripts: []\n", "keep_up: notify\n", queue=MemoryQueue()) as shop:
        deps, home = shop.deps, shop.deps.home
        done = await new_session(deps, "implementer")
        work = git(commit(Path(done.worktree), {"a.py": "A = 1\n"}, "a"), "rev-parse", "HEAD")
        (Path(done.worktree) / "dirty.py").write_text("D = 1\n")
        [only] = (await close_session(deps, done.id)).kept

        on_branch = await deps.git.keep(f"undone/{done.id}", work)
        commit(shop.repo, {"other.py": "O = 1\n"}, "something else")
        git(shop.repo, "cherry-pick", work)
        lonely = git(commit(shop.repo, {"b.py": "B = 1\n"}, "b"), "rev-parse", "HEAD")
        git(shop.repo, "reset", "-q", "--hard", "HEAD~1")
        git(shop.repo, "branch", "-q", "-D", done.branch)
        lone = await deps.git.keep(f"rewound/{done.id}", lonely)
        strange = await deps.git.keep("backup/what", git(shop.repo, "rev-parse", "HEAD"))

        left = home.worktree(deps.project.id, done.id)
        await deps.git.add_detached_worktree(str(left), "main")
        (left / "late.py").write_text("L = 1\n")
        scratch = home.worktree(deps.project.id, "landing-G7")
        await deps.git.add_detached_worktree(str(scratch), "main")
        foreign = home.worktree(deps.project.id, "notes")
        foreign.mkdir()
        (foreign / "mine.txt").write_text("mine")

        fresh = {one.leftover.name: one.why for one in await look(deps, MONTH) if not one.removed}
        assert fresh[on_branch] == "it is new"

        later = dataclasses.replace(deps, now=lambda: deps.now() + timedelta(days=40))
        found = await look(later, MONTH)
        why = {one.leftover.name: one.why for one in found}
        assert {one.leftover.name for one in found if one.removed} == {on_branch, str(left), str(scratch)}
        assert why[on_branch] == "each of its changes is on the default branch"
        assert why[only] == why[lone] == "it is the only copy of this work"
        assert "nobody knows" in why[strange]
        assert "no worktree of this repository" in why[str(foreign)]
        assert left.is_dir(), "looking touches nothing"

        assert all(one.removed for one in await carry_out(later, found))
        assert [path.name for path in left.parent.iterdir()] == ["notes"]
        assert set(await deps.git.kept("")) >= {only, lone, strange}
        [late] = (await deps.git.kept("swept")).values()
        assert git(shop.repo, "show", f"{late}:late.py") == "L = 1", "what was not committed there is kept"
        [event] = await shop.events(EventKind.swept)
        assert {one["name"]: one["commit"] for one in event.data["removed"]}[on_branch] == work
        assert not [one for one in await look(later, MONTH) if one.removed], "a second run finds nothing more"


def test_ages() -> None:
    assert [age_of(text) for text in ("30d", "12h", "2w", "7")] == [MONTH, timedelta(hours=12), timedelta(days=14), timedelta(days=7)]
    for wrong in ("", "soon", "-1d", "1y"):
        with pytest.raises(UsageError):
            age_of(wrong)
