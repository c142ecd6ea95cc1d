"""Stories of teams: one feature, a worktree each, one branch where the work meets."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest

from orchestrator.boundaries.home import Home
from orchestrator.engine.intents import instruct
from orchestrator.engine.team_flow import feed_team, follow_team
from orchestrator.engine.teams import close_team, new_team
from orchestrator.nouns.errors import BranchTaken, NotReady, Refused, TeleVibeError, Unknown
from orchestrator.nouns.event import EventKind
from orchestrator.nouns.job import Job, JobState
from orchestrator.nouns.message import Author, MessageType
from orchestrator.nouns.session import Session, SessionState
from orchestrator.nouns.work import GoalState, TaskState
from orchestrator.verbs.teams import Team
from tests.cli import Said
from tests.cli import televibe as command
from tests.line import Line, line, register, write_project
from tests.repos import commit, git

BRANCH = "feature/login"
SCRIPT = """
scripts:
  - when: {role: implementer, words: [uno]}
    steps:
      - edit: {path: shop/login.py, content: "LOGIN = 'uno'\\n"}
      - commit: uno
      - finish: uno is there
  - when: {role: implementer, words: [due]}
    steps:
      - edit: {path: shop/other.py, content: "OTHER = 'due'\\n"}
      - commit: due
      - finish: due is there
  - when: {role: implementer, words: [clash]}
    steps:
      - edit: {path: shop/login.py, content: "LOGIN = 'clash'\\n"}
      - commit: clash
      - finish: clash is there
  - when: {role: implementer, words: [settle]}
    steps:
      - run: {command: "git -c user.name=A -c user.email=a@example.com merge -q feature/login || true"}
      - edit: {path: shop/login.py, content: "LOGIN = 'both'\\n"}
      - commit: bring both together
      - finish: settled
  - when: {role: implementer, words: [fail]}
    steps:
      - edit: {path: shop/half.py, content: "HALF = 1\\n"}
      - commit: half of it
      - fail: it broke
  - when: {role: tester}
    steps:
      - edit: {path: tests/test_login.py, content: "import unittest\\n"}
      - run: {command: "echo evil > shop/evil.py; cat shop/login.py"}
      - commit: test it
      - finish: tested {{ last }}
  - when: {role: reviewer}
    steps:
      - run: {command: "echo mine > shop/mine.py; cat shop/login.py"}
      - finish: it says {{ last }}
"""


async def tell(shop: Line, session: Session, words: str) -> Job:
    """The job that came of it, when nothing is left to do."""
    await instruct(shop.deps, session.id, words)
    await shop.engine.until_idle()
    async with shop.store.reading() as store:
        return (await store.jobs(session_id=session.id))[-1]


def files(repo: Path, revision: str) -> set[str]:
    return set(git(repo, "ls-tree", "-r", "--name-only", revision).splitlines())


def by_role(team: Team) -> dict[str, Session]:
    return {session.role: session for session in team.sessions}


async def test_work_flows_through_the_teams_branch(tmp_path: Path) -> None:
    async with line(tmp_path, SCRIPT) as shop:
        team = by_role(await new_team(shop.deps, "login", ["implementer", "reviewer", "tester"]))
        start = git(shop.repo, "rev-parse", "main")
        assert git(shop.repo, "rev-parse", BRANCH) == start
        assert BRANCH not in await shop.deps.git.checked_out()

        built = await tell(shop, team["implementer"], "uno, please")
        assert git(shop.repo, "rev-parse", BRANCH) == built.head_commit, "a fast-forward"
        tested = await tell(shop, team["tester"], "test it")
        assert (tested.state, tested.base_commit) == (JobState.done, built.head_commit)
        assert "LOGIN = 'uno'" in tested.last_words
        assert files(shop.repo, BRANCH) >= {"shop/login.py", "tests/test_login.py"}
        assert "shop/evil.py" not in files(shop.repo, BRANCH), "what is set aside does not flow"
        reviewed = await tell(shop, team["reviewer"], "review it")
        assert reviewed.base_commit == tested.head_commit == git(shop.repo, "rev-parse", BRANCH)
        assert git(shop.repo, "rev-parse", team["reviewer"].branch) == reviewed.base_commit
        moved = await shop.events(EventKind.team_moved)
        assert [(e.session_id, e.data["branch"]) for e in moved] == [("S1", BRANCH), ("S3", BRANCH)]
        assert len(await shop.events(EventKind.work_set_aside)) == 2
        assert git(shop.repo, "rev-parse", "main") == start


async def test_writers_at_the_same_time_are_merged(tmp_path: Path) -> None:
    async with line(tmp_path, SCRIPT) as shop:
        team = await new_team(shop.deps, "login", ["implementer", "implementer"])
        await instruct(shop.deps, team.sessions[0].id, "uno")
        await instruct(shop.deps, team.sessions[1].id, "due")
        await shop.engine.until_idle()

        assert files(shop.repo, BRANCH) >= {"shop/login.py", "shop/other.py"}
        assert not [p for p in (shop.deps.home.worktrees / "P1").iterdir() if p.name.startswith("team-")]
        assert len(await shop.events(EventKind.team_moved)) == 2


async def test_a_conflict_stays_outside_and_comes_home_with_the_next_job(tmp_path: Path) -> None:
    async with line(tmp_path, SCRIPT) as shop:
        one, two = (await new_team(shop.deps, "login", ["implementer", "implementer"])).sessions
        git(Path(two.worktree), "commit", "-q", "--allow-empty", "-m", "not behind")
        first = await tell(shop, one, "uno")
        (Path(two.worktree) / "shop" / "login.py").write_text("LOGIN = 'clash'\n")
        git(Path(two.worktree), "add", "-A")
        git(Path(two.worktree), "commit", "-q", "-m", "clash before the job")
        stuck = await tell(shop, two, "due")

        assert "First merge these branches into yours; git could not do it alone: feature/login" in stuck.brief
        assert "| +LOGIN = 'clash'" in stuck.brief, "with what each side changed"
        assert "| +LOGIN = 'uno'" in stuck.brief
        assert stuck.state is JobState.done
        assert git(shop.repo, "rev-parse", BRANCH) == first.head_commit
        [event] = await shop.events(EventKind.team_stuck)
        assert (event.session_id, event.data["files"]) == (two.id, ["shop/login.py"])
        async with shop.store.reading() as store:
            messages = await store.messages(shop.deps.project.id, to_session=two.id)
        [notice] = [m for m in messages if "did not take your work" in m.content]  # the radar may have told it of the collision before
        assert (notice.author, notice.type) == (Author.televibe, MessageType.notice)
        assert "shop/login.py" in notice.content
        settled = await tell(shop, two, "settle")
        assert "feature/login did not take your work" in settled.brief
        told = [e.text for e in await shop.events(EventKind.team_stuck, EventKind.team_moved, EventKind.work_set_aside)]
        assert git(shop.repo, "rev-parse", BRANCH) == settled.head_commit, (
            told,
            git(shop.repo, "log", "--graph", "--oneline", "--all"),
        )
        assert git(shop.repo, "show", f"{BRANCH}:shop/login.py") == "LOGIN = 'both'"
        assert await shop.deps.git.contains(settled.head_commit, first.head_commit)
        [asked] = await shop.events(EventKind.resolution_asked)
        [checked] = await shop.events(EventKind.resolution_checked)
        assert (asked.session_id, checked.data["asked"], checked.data["wrong"]) == (two.id, asked.data["id"], "")
        assert checked.data["owners"] == [one.id]


async def test_what_failed_does_not_flow(tmp_path: Path) -> None:
    async with line(tmp_path, SCRIPT) as shop:
        [one] = (await new_team(shop.deps, "login", ["implementer"])).sessions
        failed = await tell(shop, one, "fail")
        assert failed.files_changed == ("shop/half.py",)
        assert git(shop.repo, "rev-parse", BRANCH) == git(shop.repo, "rev-parse", "main")
        done = await tell(shop, one, "due")
        assert git(shop.repo, "rev-parse", BRANCH) == done.head_commit


async def test_cut_off_and_run_again_it_ends_the_same(tmp_path: Path) -> None:
    async with line(tmp_path, SCRIPT) as shop:
        one, two = (await new_team(shop.deps, "login", ["implementer", "implementer"])).sessions
        await tell(shop, one, "uno")
        base = git(Path(two.worktree), "rev-parse", "HEAD")
        head = git(commit(Path(two.worktree), {"shop/x.py": "X = 1\n"}, "x"), "rev-parse", "HEAD")
        job = Job(id="J9", project_id=two.project_id, session_id=two.id, seq=9, instruction="x", base_commit=base,
                  queued_at=shop.deps.now())  # fmt: skip
        left = shop.deps.home.worktree("P1", "team-J9")
        await shop.deps.git.add_detached_worktree(str(left), head)
        (left / "half").write_text("a merge that was killed")
        fed = await feed_team(shop.deps, job, two, head)
        there = git(shop.repo, "rev-parse", BRANCH)
        again = await feed_team(shop.deps, job, two, head)

        assert fed == again
        assert fed is not None
        assert fed.event.kind is EventKind.team_moved
        assert git(shop.repo, "rev-parse", BRANCH) == there
        assert {"shop/login.py", "shop/x.py"} <= files(shop.repo, BRANCH)
        assert not left.exists()
        assert await follow_team(shop.deps, two) == await follow_team(shop.deps, two) == ""
        assert git(Path(two.worktree), "rev-parse", "HEAD") == there


async def test_a_branch_that_a_person_has_checked_out_and_changed_is_left_alone(tmp_path: Path) -> None:
    async with line(tmp_path, SCRIPT) as shop:
        [one] = (await new_team(shop.deps, "login", ["implementer"])).sessions
        git(shop.repo, "checkout", "-q", BRANCH)
        (shop.repo / "shop" / "login.py").write_text("a person's own\n")
        done = await tell(shop, one, "uno")

        assert done.state is JobState.done
        [event] = await shop.events(EventKind.team_stuck)
        assert "local changes are in the way" in event.text
        assert (shop.repo / "shop" / "login.py").read_text() == "a person's own\n"


async def test_a_goal_finds_the_team_and_lands(tmp_path: Path) -> None:
    async with line(tmp_path, SCRIPT) as shop:
        team = by_role(await new_team(shop.deps, "login", ["implementer", "reviewer", "tester"]))
        goal = await shop.settled(await shop.give("Add the uno login; review and test it"))

        assert goal.state is GoalState.landed, goal.reply
        tasks = await shop.tasks(goal)
        assert all(t.state is TaskState.done for t in tasks)
        assert [t.session_id for t in tasks] == [team[role].id for role in ("implementer", "reviewer", "tester")]
        assert {"shop/login.py", "tests/test_login.py"} <= files(shop.repo, "main") & files(shop.repo, BRANCH)
        assert not {"shop/evil.py", "shop/mine.py"} & (files(shop.repo, "main") | files(shop.repo, BRANCH))


class TestMaking:
    async def nothing_was_made(self, shop: Line) -> bool:
        async with shop.store.reading() as store:
            sessions = await store.sessions(shop.deps.project.id)
        branches = await shop.deps.git.branches()
        return not sessions and not [b for b in branches if "login" in b] and len(await shop.deps.git.checked_out()) == 1

    async def test_it_is_all_or_nothing(self, tmp_path: Path) -> None:
        async with line(tmp_path, SCRIPT) as shop:
            in_the_way = shop.deps.home.worktree("P1", "S3")
            in_the_way.mkdir(parents=True)
            (in_the_way / "precious").write_text("x")
            with pytest.raises(NotReady, match="is in the way"):
                await new_team(shop.deps, "login", ["implementer", "reviewer", "tester"])
            assert await self.nothing_was_made(shop)
            assert (in_the_way / "precious").exists()
            assert not shop.deps.home.worktree("P1", "S1").exists()
            team = await new_team(shop.deps, "login", ["implementer", "reviewer", "tester"])
            assert [s.id for s in team.sessions] == ["S4", "S5", "S6"]

    async def test_stopped_in_the_middle_leaves_nothing(self, tmp_path: Path) -> None:
        async with line(tmp_path, SCRIPT) as shop:
            making = asyncio.ensure_future(new_team(shop.deps, "login", ["implementer"] * 16))
            while not shop.deps.home.worktree("P1", "S3").exists():
                await asyncio.sleep(0.005)
            making.cancel()
            with pytest.raises(asyncio.CancelledError):
                await making
            assert await self.nothing_was_made(shop)

    @pytest.mark.parametrize(
        ("name", "roles", "error"),
        [("a b", ["tester"], TeleVibeError), ("login", ["wizard"], Unknown), ("login", ["tester"] * 17, TeleVibeError)],
    )
    async def test_bad_words_make_nothing(self, tmp_path: Path, name: str, roles: list[str], error: type[TeleVibeError]) -> None:
        async with line(tmp_path, SCRIPT) as shop:
            with pytest.raises(error):
                await new_team(shop.deps, name, roles)
            assert await self.nothing_was_made(shop)

    async def test_twice_is_refused_also_after_it_was_closed(self, tmp_path: Path) -> None:
        async with line(tmp_path, SCRIPT) as shop:
            await new_team(shop.deps, "login", ["tester"])
            with pytest.raises(Refused, match="there is a team login already"):
                await new_team(shop.deps, "login", ["reviewer"], prefix="other/")
            closed = await close_team(shop.deps, "login")
            assert [c.session.state for c in closed] == [SessionState.closed]
            assert await close_team(shop.deps, "login") == []
            with pytest.raises(Refused):
                await new_team(shop.deps, "login", ["tester"])
            with pytest.raises(BranchTaken):
                await new_team(shop.deps, "log", ["tester"], prefix="feature/login/")
            assert {BRANCH, f"{BRANCH}--tester"} <= set(await shop.deps.git.branches()), "the branches stay"


async def test_at_the_door(tmp_path: Path) -> None:
    repo, home = write_project(tmp_path, SCRIPT, "team_prefix: work/\n"), Home(tmp_path / "home").ready()
    await register(home, repo)

    def televibe(*words: str) -> Said:
        return command(*words, "--repo", repo, home=home.path)

    made = televibe("team", "new", "login", "--roles", "implementer, reviewer", "--json")
    assert made.status == 0, made.err
    document = json.loads(made.out)
    assert (document["team"], document["branch"]) == ("login", "work/login")
    assert [set(s) for s in document["sessions"]] == [{"id", "role", "branch", "worktree"}] * 2
    assert [s["branch"] for s in document["sessions"]] == ["work/login--implementer", "work/login--reviewer"]
    assert all(Path(s["worktree"], "README.md").exists() for s in document["sessions"])

    [listed] = json.loads(televibe("team", "list", "--json").out)
    assert [s["state"] for s in listed["sessions"]] == ["idle", "idle"]
    commit(Path(document["sessions"][0]["worktree"]), {"x": "1"}, "x")
    shown = json.loads(televibe("team", "show", "login", "--json").out)
    assert [(s["delivered"], s["up_to_date"]) for s in shown["sessions"]] == [(False, True), (True, True)]
    assert "work/login--reviewer" in televibe("team", "show", "login").out
    one = televibe("session", "show", "S2").out
    assert "team:      login" in one
    assert "may:       read, comment" in one
    assert "writes:    nothing" in one
    as_json = json.loads(televibe("session", "show", "S1", "--json").out)
    assert (as_json["team"], as_json["allowed_actions"], as_json["writes"]) == ("login", ["read", "write", "run_tests"], ["**"])

    wrong = televibe("team", "new", "login")
    assert (wrong.status, wrong.out) == (1, "")
    assert wrong.err == "there is a team login already — `televibe team show login` shows it; choose another name\n"
    assert televibe("team", "new", "a b").status == 2
    assert televibe("team", "show", "nobody").err == "there is no team 'nobody' — teams: login\n"
    closed = televibe("team", "close", "login", "--json")
    assert json.loads(closed.out) == {"team": "login", "branch": "work/login", "closed": ["S1", "S2"], "kept": []}
    assert json.loads(televibe("team", "list", "--json").out) == []
    assert len(json.loads(televibe("team", "list", "--all", "--json").out)) == 1
