"""Stories of agents that do what their role does not allow: the branch is clean afterwards, nothing is lost, the goal goes on."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from orchestrator.engine.intents import instruct
from orchestrator.engine.sessions import new_session
from orchestrator.engine.set_aside import settle_earlier, settle_worktree
from orchestrator.nouns.event import EventKind, NewEvent
from orchestrator.nouns.job import Job, JobState
from orchestrator.nouns.message import Author, MessageType
from orchestrator.nouns.session import Session
from orchestrator.nouns.work import GoalState
from tests.line import Line, line
from tests.repos import git

GOAL = "Add a greeting function to the shop; review and test it"
SCRIPT = """
scripts:
  - when: {role: implementer}
    steps:
      - edit: {path: shop/greeting.py, content: "GREETING = 'hello'\\n"}
      - commit: add a greeting
      - finish: the greeting is there
  - when: {role: reviewer}
    steps:
REVIEW
      - finish: approved, no changes wanted
  - when: {role: tester}
    steps:
TEST
      - finish: tested
"""
GOOD_TEST = """
      - edit: {path: tests/test_greeting.py, content: "import unittest\\n"}
      - commit: test the greeting
"""
COMMIT = "git add -A && git -c user.name=R -c user.email=r@x commit -q"
WAYS = {
    "left over": "echo bad > shop/evil.py; rm README.md",
    "committed": f"echo bad > shop/evil.py; rm README.md; {COMMIT} -m evil",
    "renamed": f"echo bad > shop/evil.py; git mv README.md shop/R.md; {COMMIT} -m evil",
    "on another branch": f"git checkout -q -b mine; echo bad > shop/evil.py; rm README.md; {COMMIT} -m evil",
    "detached": f"git checkout -q --detach; rm README.md; echo bad > shop/evil.py; {COMMIT} -m evil; echo more > shop/evil.py",
    "amended": "echo bad > shop/evil.py; rm README.md; git add -A; git -c user.name=R -c user.email=r@x commit -q --amend -m evil",
    "branch deleted": f"echo bad > shop/evil.py; rm README.md; {COMMIT} -m evil; git update-ref -d $(git symbolic-ref HEAD)",
    "orphan": f"git checkout -q --orphan void; echo bad > shop/evil.py; git rm -q -f README.md; {COMMIT} -m evil",
    "orphan without a commit": "git checkout -q --orphan void; echo bad > shop/evil.py; git rm -q -f README.md",
    "worktree without git": "rm README.md .git; echo bad > shop/evil.py",
    "worktree with another git": f"rm README.md .git; git init -q; echo bad > shop/evil.py; {COMMIT} -m evil",
    "names that are no text": r"rm README.md; echo bad > shop/evil.py; echo bad > $(printf 'shop/\377\033[2J.py')",
    "branch moved from afar": (
        f"b=$(git symbolic-ref HEAD); git checkout -q --detach; echo bad > shop/evil.py; rm README.md; {COMMIT} -m evil; "
        "git update-ref $b HEAD; git checkout -q HEAD~1"
    ),
}


def script(review: str, test: str = GOOD_TEST) -> str:
    quoted = '"' + review.replace("\\", "\\\\").replace('"', '\\"') + '"'
    return SCRIPT.replace("REVIEW", f"      - run: {{command: {quoted}}}").replace("TEST", test.strip("\n"))


def show(repo: Path, *arguments: str) -> str:
    done = subprocess.run(["git", *arguments], cwd=repo, capture_output=True, text=True, check=False)
    return done.stdout if done.returncode == 0 else ""


async def sessions(shop: Line) -> dict[str, Session]:
    async with shop.store.reading() as store:
        return {s.role: s for s in await store.sessions(shop.deps.project.id)}


async def job_of(shop: Line, session: Session) -> Job:
    async with shop.store.reading() as store:
        return (await store.jobs(session_id=session.id))[-1]


@pytest.mark.parametrize("way", WAYS)
async def test_what_a_reviewer_changes_is_set_aside_and_the_goal_goes_on(tmp_path: Path, way: str) -> None:
    async with line(tmp_path, script(WAYS[way]), "keep_up: notify\n") as shop:  # what landed would be on the reviewer's branch too
        goal = await shop.settled(await shop.give(GOAL))
        reviewer = (await sessions(shop))["reviewer"]
        job = await job_of(shop, reviewer)
        told = await shop.events(EventKind.work_set_aside)

        assert goal.state is GoalState.landed, goal.reply
        on_main = show(shop.repo, "ls-tree", "-r", "--name-only", "main").split()
        assert "shop/evil.py" not in on_main
        assert {"README.md", "shop/greeting.py", "tests/test_greeting.py"} <= set(on_main)
        assert (job.state, job.head_commit, job.commits, job.files_changed) == (JobState.done, job.base_commit, (), ())
        assert show(shop.repo, "rev-parse", reviewer.branch).strip() == job.base_commit
        tree = Path(reviewer.worktree)
        assert show(tree, "symbolic-ref", "--short", "HEAD").strip() == reviewer.branch
        assert show(tree, "status", "--porcelain") == ""
        assert [(e.session_id, e.job_id) for e in told] == [(reviewer.id, job.id)]
        assert {"README.md", "shop/evil.py"} <= set(told[0].data["files"])
        kept = told[0].data["refs"]
        assert kept[0] == f"refs/televibe/quarantine/{reviewer.id}/{job.id}"
        assert any("bad" in show(shop.repo, "show", f"{ref}:shop/evil.py") or way == "detached" for ref in kept)
        assert "Set aside, for a reviewer may not change it" in job.summary
        assert "Set aside, for a reviewer may not change it" in goal.reply


async def test_a_reviewer_that_wanders_off_and_changes_nothing_is_put_back(tmp_path: Path) -> None:
    async with line(tmp_path, script("git checkout -q --detach HEAD~1")) as shop:
        goal = await shop.settled(await shop.give(GOAL))
        reviewer = (await sessions(shop))["reviewer"]
        [event] = await shop.events(EventKind.work_set_aside)

        assert goal.state is GoalState.landed, goal.reply
        assert event.data["files"] == []
        assert event.data["refs"] == []
        assert "it left its branch" in event.text
        assert show(Path(reviewer.worktree), "symbolic-ref", "--short", "HEAD").strip() == reviewer.branch


@pytest.mark.parametrize("left_over", [True, False])
async def test_what_is_set_aside_and_stands_on_another_branch_all_the_same_is_told_to_the_user(tmp_path: Path, left_over: bool) -> None:
    """git lets an agent move any ref."""
    afar = f"echo bad > shop/evil.py; {COMMIT} -m evil; git update-ref refs/heads/main HEAD; git update-ref refs/heads/theirs HEAD"
    steps = (
        f'scripts:\n  - steps:\n      - run: {{command: "{afar}{"; rm README.md" if left_over else ""}"}}\n      - finish: read it\n'
    )
    async with line(tmp_path, steps) as shop:
        reviewer, other = await new_session(shop.deps, "reviewer"), await new_session(shop.deps, "implementer", branch="theirs")
        await instruct(shop.deps, reviewer.id, "read it")
        await shop.engine.until_idle()
        async with shop.store.reading() as store:
            [told] = [m for m in await store.messages(shop.deps.project.id) if m.type is not MessageType.main_moved]
        [event] = await shop.events(EventKind.work_set_aside)

        assert event.data["reached"] == ["main", other.branch]
        assert (told.author, told.to_session, told.type) == (Author.televibe, None, MessageType.notice)
        assert "it stands on main, theirs too, where TeleVibe did not put it" in told.content


async def test_a_reviewer_that_takes_a_colleagues_work_to_read_it_raises_no_alarm(tmp_path: Path) -> None:
    """The colleague's branch has those commits because they were made there, also when they were made during the review."""
    reads = (
        f"cd ../S2; echo ok > shop/theirs.py; {COMMIT} -m theirs; cd ../S1; git merge -q theirs; "
        f"cd ../S2; echo ok > shop/more.py; {COMMIT} -m more; cd ../S1; git -c user.name=R -c user.email=r@x merge -q --no-ff theirs"
    )
    async with line(tmp_path, f'scripts:\n  - steps:\n      - run: {{command: "{reads}"}}\n      - finish: read it\n') as shop:
        reviewer, _ = await new_session(shop.deps, "reviewer"), await new_session(shop.deps, "implementer", branch="theirs")
        await instruct(shop.deps, reviewer.id, "read it")
        await shop.engine.until_idle()
        [event] = await shop.events(EventKind.work_set_aside)
        async with shop.store.reading() as store:
            assert await store.messages(shop.deps.project.id) == []

        assert event.data["files"] == ["shop/more.py", "shop/theirs.py"]
        assert event.data["reached"] == []


async def test_a_reviewer_that_removes_its_worktree_gets_it_back(tmp_path: Path) -> None:
    async with line(tmp_path, script('rm -rf "$PWD"')) as shop:
        goal = await shop.settled(await shop.give(GOAL))
        reviewer = (await sessions(shop))["reviewer"]

        assert goal.state is GoalState.landed, goal.reply
        assert (Path(reviewer.worktree) / "shop" / "greeting.py").exists()
        assert show(Path(reviewer.worktree), "symbolic-ref", "--short", "HEAD").strip() == reviewer.branch


async def test_a_repository_that_a_reviewer_makes_inside_is_not_merged_and_hides_nothing(tmp_path: Path) -> None:
    async with line(tmp_path, script("git init -q sub; echo bad > sub/evil.py; echo bad > shop/evil.py")) as shop:
        goal = await shop.settled(await shop.give(GOAL))
        [event] = await shop.events(EventKind.work_set_aside)

        assert goal.state is GoalState.landed, goal.reply
        assert event.data["files"] == ["shop/evil.py"]
        assert "sub" not in show(shop.repo, "ls-tree", "--name-only", "main").split()


async def test_a_reviewer_that_only_reads_is_not_spoken_of(tmp_path: Path) -> None:
    async with line(tmp_path, script("git log -1; mkdir -p .televibe; echo '# seen' > .televibe/context.yaml")) as shop:
        goal = await shop.settled(await shop.give(GOAL))
        assert goal.state is GoalState.landed, goal.reply
        assert not await shop.events(EventKind.work_set_aside)
        assert show(shop.repo, "show", "main:.televibe/context.yaml").endswith("# seen\n"), "the context file is everybody's"


async def test_a_tester_keeps_its_tests_and_nothing_else(tmp_path: Path) -> None:
    test = """
      - run: {command: "echo 'GREETING = 1' > shop/greeting.py; git mv shop/cart.py tests/cart.py"}
      - run: {command: "echo 'import unittest' > tests/test_greeting.py"}
      - commit: tests, and more
      - edit: {path: tests/test_more.py, content: "import unittest\\n"}
    """
    async with line(tmp_path, script("git log -1", test)) as shop:
        goal = await shop.settled(await shop.give(GOAL))
        tester = (await sessions(shop))["tester"]
        job = await job_of(shop, tester)

        assert goal.state is GoalState.landed, goal.reply
        assert show(shop.repo, "show", "main:shop/greeting.py") == "GREETING = 'hello'\n"
        on_main = set(show(shop.repo, "ls-tree", "-r", "--name-only", "main").split())
        assert {"shop/cart.py", "tests/test_greeting.py", "tests/test_more.py"} <= on_main
        assert job.files_changed == ("tests/cart.py", "tests/test_greeting.py", "tests/test_more.py")
        assert len(job.commits) == 1
        message = show(shop.repo, "log", "-1", "--format=%B", job.head_commit)
        assert f"TeleVibe-Job: {job.id}" in message
        assert f"refs/televibe/quarantine/{tester.id}/{job.id}" in message
        [event] = await shop.events(EventKind.work_set_aside)
        assert event.data["files"] == ["shop/cart.py", "shop/greeting.py"]
        assert show(shop.repo, "show", f"{event.data['refs'][0]}:shop/greeting.py") == "GREETING = 1\n"


async def test_an_implementer_that_worked_on_a_branch_of_its_own_making_has_worked(tmp_path: Path) -> None:
    work = f"git checkout -q -b my-own; echo 'A = 1' > shop/a.py; {COMMIT} -m mine; echo 'B = 1' > shop/b.py"
    steps = f'scripts:\n  - steps:\n      - run: {{command: "{work}"}}\n      - finish: done\n'
    async with line(tmp_path, steps) as shop:
        goal = await shop.settled(await shop.give("Add a greeting function to the shop"))
        job = await job_of(shop, (await sessions(shop))["implementer"])

        assert goal.state is GoalState.landed, goal.reply
        assert job.files_changed == ("shop/a.py", "shop/b.py")
        assert show(shop.repo, "rev-parse", "my-own").strip() == job.commits[0], "its own branch is as it left it"


async def test_an_implementer_that_amended_what_was_there_before_keeps_its_change(tmp_path: Path) -> None:
    amend = "echo 'A = 1' > shop/a.py; git add -A; git -c user.name=R -c user.email=r@x commit -q --amend -m amended"
    steps = f'scripts:\n  - steps:\n      - run: {{command: "{amend}"}}\n      - finish: done\n'
    async with line(tmp_path, steps) as shop:
        goal = await shop.settled(await shop.give("Add a greeting function to the shop"))
        job = await job_of(shop, (await sessions(shop))["implementer"])

        assert goal.state is GoalState.landed, goal.reply
        assert (job.files_changed, len(job.commits)) == (("shop/a.py",), 1)
        assert "rewrote" in job.set_aside


ROLE = """
roles:
  - name: writer
    description: writes the documentation
    profile: Write for somebody in a hurry.
    allowed_actions: [read, write_docs]
    task_types: [docs]
    writes: ["docs/**", "*.md"]
"""


async def test_a_role_of_the_users_works_and_is_held(tmp_path: Path) -> None:
    steps = """
scripts:
  - when: {role: writer}
    steps:
      - edit: {path: docs/greeting.md, content: "# Greeting\\n"}
      - edit: {path: shop/greeting.py, content: "refused by the agent itself"}
      - run: {command: "echo x >> shop/cart.py"}
      - commit: document it
      - finish: documented
"""
    async with line(tmp_path, steps, ROLE) as shop:
        goal = await shop.settled(await shop.give("Document the greeting"))
        assert goal.state is GoalState.landed, goal.reply
        on_main = show(shop.repo, "show", "--stat", "--format=", "main")
        assert "docs/greeting.md" in on_main
        assert "shop/" not in on_main
        [event] = await shop.events(EventKind.work_set_aside)
        assert event.data["files"] == ["shop/cart.py"]


class TestCutOff:
    """The program is killed between two steps of the check; the next run of the same job ends the same."""

    async def story(self, shop: Line) -> tuple[Job, Session]:
        session = await new_session(shop.deps, "tester")
        tree = Path(session.worktree)
        base = git(tree, "rev-parse", "HEAD")
        (tree / "shop" / "evil.py").write_text("bad\n")
        (tree / "tests" / "test_x.py").write_text("good\n")
        now = shop.deps.now()
        job = Job(id="J9", project_id=session.project_id, session_id=session.id, seq=9, instruction="test", queued_at=now)
        return job.model_copy(update={"base_commit": base, "state": JobState.running}), session

    @pytest.mark.parametrize("point", ["committed", "kept", "put back", "put back and changed again"])
    async def test_at(self, tmp_path: Path, point: str) -> None:
        async with line(tmp_path, "scripts: []\n") as shop:
            job, session = await self.story(shop)
            tree = Path(session.worktree)
            if point in {"committed", "kept"}:
                await shop.deps.git.commit_all(str(tree), "left over", {"TeleVibe-Job": job.id})
            if point == "kept":
                await shop.deps.git.keep(f"quarantine/{session.id}/{job.id}", await shop.deps.git.head(str(tree)))
            if point.startswith("put back"):
                await settle_worktree(shop.deps, job, session)
            if point.endswith("changed again"):
                (tree / "shop" / "again.py").write_text("worse\n")
            settled = await settle_worktree(shop.deps, job, session)

            assert show(shop.repo, "diff", "--name-only", job.base_commit, settled.head).split() == ["tests/test_x.py"]
            assert show(tree, "rev-parse", session.branch).strip() == settled.head
            assert show(tree, "status", "--porcelain") == ""
            assert settled.event is not None
            again = point.endswith("again")
            assert set(settled.event.data["files"]) == {"shop/evil.py"} | ({"shop/again.py"} if again else set())
            assert len(settled.event.data["refs"]) == (2 if again else 1)

    async def test_before_anybody_looked_and_the_job_was_given_up(self, tmp_path: Path) -> None:
        async with line(tmp_path, "scripts: []\n") as shop:
            job, session = await self.story(shop)
            failed = job.model_copy(update={"state": JobState.failed, "error": "the program broke"})
            async with shop.store.writing() as tx:
                await tx.put(failed)
                await tx.record(NewEvent(kind=EventKind.job_progress, project_id=job.project_id, text="broke"))
            await settle_earlier(shop.deps, session)
            await settle_earlier(shop.deps, session)

            assert len(await shop.events(EventKind.work_set_aside)) == 1
            async with shop.store.reading() as store:
                known = await store.job(job.id)
            assert "shop/evil.py" in known.set_aside
            assert show(shop.repo, "ls-tree", "-r", "--name-only", session.branch, "shop/evil.py") == ""
