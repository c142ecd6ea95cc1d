"""Stories of work that flows between stages: sent back, refused, brought together, landed on the way, failed and gone round."""

from __future__ import annotations

import subprocess
from pathlib import Path

from orchestrator.boundaries.queue.memory import MemoryQueue
from orchestrator.engine.workflows import retry_stage, skip_stage
from orchestrator.nouns.event import EventKind
from orchestrator.nouns.flow import OnComplete, OnFailure, Outcome, Verdict
from orchestrator.nouns.work import GoalState, TaskState, TaskType
from tests.flow import begin, hold, stage, states
from tests.line import line

IMPLEMENT, REVIEW, TEST, INTEGRATE = TaskType.implement, TaskType.review, TaskType.test, TaskType.integrate
DONE, FAILED, SKIPPED, WAITING = TaskState.done, TaskState.failed, TaskState.skipped, TaskState.waiting

POLITE = """
scripts:
  - when: {role: implementer, words: ["round 2 of 2"]}
    steps:
      - edit: {path: shop/greeting.py, content: "GREETING = 'good day, please'\\n"}
      - commit: say please
      - finish: it is polite now
  - when: {role: implementer, words: ["round 1 of 2", "round 1 of 1"]}
    steps:
      - edit: {path: shop/greeting.py, content: "GREETING = 'good day'\\n"}
      - commit: say good day
      - finish: it is friendlier now
  - when: {role: implementer}
    steps:
      - edit: {path: shop/greeting.py, content: "GREETING = 'what'\\n"}
      - commit: a greeting
      - finish: there is a greeting
  - when: {role: reviewer}
    steps:
      - run: "if grep -q please shop/greeting.py; then echo 'Verdict: approved'; else echo 'Verdict: changes wanted - not polite'; fi"
      - finish: "{{ last }}"
  - when: {role: tester}
    steps:
      - edit: {path: tests/test_greeting.py, content: "from shop.greeting import GREETING\\nassert 'please' in GREETING\\n"}
      - commit: test the greeting
      - finish: tested
"""


def shown(repo: Path, path: str, revision: str = "main") -> str:
    out = subprocess.run(["git", "show", f"{revision}:{path}"], cwd=repo, capture_output=True, text=True, check=False)
    return out.stdout


async def test_a_review_that_bounces_twice_and_then_passes(tmp_path: Path) -> None:
    async with line(tmp_path, POLITE, queue=MemoryQueue()) as shop:
        goal = await begin(
            shop,
            stage("build", IMPLEMENT),
            stage("review", REVIEW, "build", rework="build", rounds=2),
            stage("test", TEST, "review", on_complete=OnComplete.merge),
        )
        goal = await shop.settled(goal)

        assert goal.state is GoalState.landed, goal.reply
        assert "please" in shown(shop.repo, "shop/greeting.py")
        back = await shop.events(EventKind.task_sent_back)
        assert [e.task_id for e in back] == ["review", "review"]
        assert "not polite" in back[0].text
        tasks = {t.id: t for t in await shop.tasks(goal)}
        assert tasks["review"].round == 2
        assert tasks["review"].verdict is Verdict.approved
        async with shop.store.reading() as store:
            jobs = await store.jobs(goal_id=goal.id)
        assert [j.task_id for j in jobs] == ["build", "review", "build", "review", "build", "review", "test"]
        assert len({j.session_id for j in jobs}) == 3, "each stage keeps its session"
        assert "not polite" in jobs[2].brief, "what the reviewer said is in the brief"
        assert "Sent back to you" in jobs[2].brief


async def test_a_review_that_is_never_content_is_for_the_user_and_nothing_lands(tmp_path: Path) -> None:
    async with line(tmp_path, POLITE, queue=MemoryQueue()) as shop:
        goal = await begin(
            shop, stage("build", IMPLEMENT), stage("review", REVIEW, "build", rework="build", rounds=1), stage("test", TEST, "review")
        )
        goal = await shop.settled(goal)

        assert goal.state is GoalState.blocked
        assert "still wants changes after 1 round" in (await shop.events(EventKind.task_failed))[-1].text
        assert "not polite" in goal.reply
        assert shown(shop.repo, "shop/greeting.py") == ""

        await skip_stage(shop.deps, goal.id, "review")
        goal = await shop.settled(goal)
        assert (await states(shop, goal))["review"] is SKIPPED
        assert "good day" in shown(shop.repo, "shop/greeting.py", "televibe/g1-test"), "whoever comes next builds on the work before"


REFUSED = """
scripts:
  - when: {role: implementer, words: ["round 1 of 2", "round 1 of 1"]}
    steps:
      - edit: {path: shop/price.py, content: "PRICE = 5\\n"}
      - commit: it builds
      - finish: mended
  - when: {role: implementer}
    steps:
      - edit: {path: shop/price.py, content: "PRICE = \\n"}
      - commit: a price
      - finish: done
  - when: {role: tester}
    steps:
      - run: |
          python3 -c 'compile(open("shop/price.py").read(), "p", "exec")' && echo 'Verdict: approved' ||
          echo 'Verdict: refused - does not build'
      - edit: {path: tests/test_price.py, content: "from shop.price import PRICE\\nassert PRICE == 5\\n"}
      - commit: test the price
      - finish: "{{ last }}"
"""


async def test_work_that_does_not_build_is_refused_and_goes_back_with_the_reason(tmp_path: Path) -> None:
    async with line(tmp_path, REFUSED, queue=MemoryQueue()) as shop:
        goal = await begin(shop, stage("build", IMPLEMENT), stage("test", TEST, "build"))
        goal = await shop.settled(goal)

        assert goal.state is GoalState.landed, goal.reply
        assert [e.text for e in await shop.events(EventKind.task_sent_back)] == [
            "test refuses what it was handed (round 1 of 2): back to build — does not build"
        ]
        async with shop.store.reading() as store:
            handed = await store.handoffs(goal.id)
        assert any(check.startswith("failed:") or check.startswith("passed:") for check in handed[0].checks), "it was checked"


TWO_SIDES = """
scripts:
  - when: {role: implementer, words: ["Do tax."]}
    steps:
      - replace: {path: shop/cart.py, old: "return sum(prices)", new: "return round(sum(prices) * 1.2)"}
      - commit: add tax
      - finish: tax is added
  - when: {role: implementer, words: ["Do discount."]}
    steps:
      - replace: {path: shop/cart.py, old: "return sum(prices)", new: "return sum(prices) - 1"}
      - commit: subtract a discount
      - finish: discount is subtracted
  - when: {role: implementer, words: ["Do banner."]}
    steps:
      - edit: {path: shop/banner.py, content: "BANNER = 'sale'\\n"}
      - commit: a banner
      - finish: banner
  - when: {role: integrator}
    steps:
      - run: "git merge -q televibe/g1-discount || true"
      - run: "git checkout -q --theirs shop/cart.py && git add shop/cart.py && git commit -q --no-edit"
      - edit: {path: shop/cart.py, content: "def total(prices: list[int]) -> int:\\n    return round(sum(prices) * 1.2) - 1\\n"}
      - edit: {path: tests/test_cart.py, content: "from shop.cart import total\\nassert total([5, 5]) == 11\\n"}
      - commit: both
      - finish: both are in
"""


async def test_a_sync_point_has_all_branches_and_names_both_sides_of_a_conflict(tmp_path: Path) -> None:
    async with line(tmp_path, TWO_SIDES, queue=MemoryQueue()) as shop:
        goal = await begin(
            shop,
            stage("tax", IMPLEMENT),
            stage("discount", IMPLEMENT),
            stage("banner", IMPLEMENT),
            stage("join", INTEGRATE, "tax", "discount", "banner", on_complete=OnComplete.merge),
        )
        goal = await shop.settled(goal)

        assert goal.state is GoalState.landed, goal.reply
        assert "* 1.2) - 1" in shown(shop.repo, "shop/cart.py")
        assert "sale" in shown(shop.repo, "shop/banner.py"), "what git could merge was merged"
        async with shop.store.reading() as store:
            job = (await store.jobs(goal_id=goal.id, task_id="join"))[-1]
            session = await store.session(job.session_id)
        assert session.branch == "integration/g1-join"
        note = job.brief[job.brief.index("What each side was asked to do") :]
        assert "shop/cart.py: S1 (televibe/g1-tax) — Do tax.; S2 (televibe/g1-discount) — Do discount." in note
        assert "banner" not in note


FAILING = """
scripts:
  - when: {role: implementer, words: ["Do broken."]}
    steps:
      - fail: the disk is on fire
  - when: {role: implementer, words: ["Do mended."]}
    steps:
      - edit: {path: mended.txt, content: "mended\\n"}
      - commit: mended
      - finish: mended
  - when: {role: implementer}
    steps:
      - run: "echo x >> made.txt"
      - commit: something
      - finish: made something
  - when: {role: integrator}
    steps:
      - edit: {path: joined.txt, content: "joined\\n"}
      - commit: joined
      - finish: joined
"""


async def test_a_failed_predecessor_waits_for_the_user_or_is_gone_without_or_cancels_all(tmp_path: Path) -> None:
    async with line(tmp_path, FAILING, queue=MemoryQueue()) as shop:
        for policy, ends, join in (
            (OnFailure.wait, GoalState.blocked, WAITING),
            (OnFailure.proceed, GoalState.landed, DONE),
            (OnFailure.cancel, GoalState.stopped, WAITING),
        ):
            goal = await begin(
                shop,
                stage("fine", IMPLEMENT),
                stage("broken", IMPLEMENT, retries=0),
                stage("join", INTEGRATE, "fine", "broken", on_failure=policy, on_complete=OnComplete.merge),
            )
            goal = await shop.settled(goal)
            assert (goal.state, (await states(shop, goal))["join"]) == (ends, join), goal.reply
        told = [e.text for e in await shop.events(EventKind.task_failed)]
        assert [text.rpartition(" — ")[2] for text in told] == ["join waits for you", "join goes on without it", "join cancels all"]
        assert "on_failure: cancel" in (await shop.events(EventKind.goal_stopped))[-1].text


async def test_a_stage_for_the_case_of_failure_runs_only_then(tmp_path: Path) -> None:
    async with line(tmp_path, FAILING, queue=MemoryQueue()) as shop:
        goal = await begin(
            shop,
            stage("broken", IMPLEMENT, retries=0),
            stage("fine", IMPLEMENT),
            stage("mended", IMPLEMENT, "broken", when={"broken": (Outcome.failed,)}),
            stage("unneeded", IMPLEMENT, "fine", when={"fine": (Outcome.failed,)}),
            stage("last", IMPLEMENT, "mended", "unneeded", on_complete=OnComplete.merge),
        )
        goal = await shop.settled(goal)

        assert goal.state is GoalState.landed, goal.reply
        assert await states(shop, goal) == {"broken": FAILED, "fine": DONE, "mended": DONE, "unneeded": SKIPPED, "last": DONE}
        assert shown(shop.repo, "mended.txt") == "mended\n"
        assert "fine is done, not failed" in (await shop.events(EventKind.task_skipped))[0].text


async def test_a_stage_that_merges_has_landed_before_the_next_one_begins(tmp_path: Path) -> None:
    async with line(tmp_path, FAILING, queue=MemoryQueue()) as shop:
        goal = await begin(
            shop,
            stage("first", IMPLEMENT, on_complete=OnComplete.merge),
            stage("told", IMPLEMENT, "first", on_complete=OnComplete.notify),
            stage("last", IMPLEMENT, "told", on_complete=OnComplete.merge),
        )
        goal = await shop.settled(goal)

        assert goal.state is GoalState.landed, goal.reply
        kinds = [(e.kind, e.task_id) for e in await shop.events(EventKind.task_landed, EventKind.job_queued, EventKind.goal_landed)]
        assert kinds == [
            (EventKind.job_queued, "first"), (EventKind.task_landed, "first"), (EventKind.job_queued, "told"),
            (EventKind.job_queued, "last"), (EventKind.goal_landed, None),
        ]  # fmt: skip
        assert shown(shop.repo, "made.txt") == "x\nx\n", "nobody took the commits of the stage that only tells"
        async with shop.store.reading() as store:
            told = [m.content for m in await store.messages(goal.project_id) if m.to_session is None]
        assert any("told is done" in text for text in told)


NOTHING_NEW = """
scripts:
  - when: {role: reviewer}
    steps: [{finish: "Verdict: approved"}]
  - steps:
      - edit: {path: shop/greeting.py, content: "GREETING = 'good day'\\n"}
      - commit: a greeting
      - finish: there is a greeting
"""


async def test_a_stage_that_lands_by_itself_and_has_nothing_new_gives_the_next_its_turn(tmp_path: Path) -> None:
    async with line(tmp_path, NOTHING_NEW, queue=MemoryQueue()) as shop:
        goal = await begin(shop, stage("look", REVIEW, on_complete=OnComplete.merge), stage("build", IMPLEMENT, "look"))
        goal = await shop.settled(goal)

        assert (await states(shop, goal)) == {"look": DONE, "build": DONE}, goal.reply
        [landed] = await shop.events(EventKind.task_landed)
        assert landed.text == "look has nothing that is not on main"


async def test_a_paused_workflow_begins_nothing_new_and_goes_on(tmp_path: Path) -> None:
    async with line(tmp_path, FAILING, queue=MemoryQueue()) as shop:
        goal = await begin(shop, stage("one", IMPLEMENT), stage("two", IMPLEMENT, "one", on_complete=OnComplete.merge))
        await hold(shop, goal, paused=True)
        await shop.settled(goal)
        assert (await states(shop, goal))["two"] is WAITING
        await hold(shop, goal, paused=False)
        assert (await shop.settled(goal)).state is GoalState.landed


async def test_a_stage_that_failed_is_tried_once_more_when_the_user_says_so(tmp_path: Path) -> None:
    async with line(tmp_path, FAILING, queue=MemoryQueue()) as shop:
        goal = await begin(shop, stage("one", IMPLEMENT), stage("broken", IMPLEMENT, "one", retries=1))
        goal = await shop.settled(goal)
        assert goal.state is GoalState.blocked
        assert len(await shop.events(EventKind.job_failed)) == 2, "a retry is one attempt more"

        await retry_stage(shop.deps, goal.id, "broken")
        goal = await shop.settled(goal)
        assert goal.state is GoalState.blocked
        assert len(await shop.events(EventKind.job_failed)) == 4


async def test_a_stage_that_takes_too_long_fails_by_its_own_timeout(tmp_path: Path) -> None:
    script = "scripts:\n  - when: {role: implementer}\n    steps:\n      - say: thinking\n      - hang\n"
    async with line(tmp_path, script, queue=MemoryQueue()) as shop:
        goal = await begin(shop, stage("slow", IMPLEMENT, timeout_minutes=0.01, retries=0))
        goal = await shop.settled(goal)
        assert goal.state is GoalState.blocked
        assert "the stage's timeout" in goal.reply
