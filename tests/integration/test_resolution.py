"""A conflict that a session resolves: it is given both sides, and what it made of them is looked through before it counts."""

from __future__ import annotations

from pathlib import Path

from orchestrator.engine.merging import queue_named
from orchestrator.engine.sessions import new_session
from orchestrator.nouns.event import EventKind
from orchestrator.nouns.job import JobState
from tests.line import line
from tests.repos import commit, git

BASE = 'def total(prices: list[int]) -> int:\n    """Sum of prices in cents."""\n    return sum(prices)\n'
OURS = BASE.replace("sum(prices)", "round(sum(prices))") + "\n\ndef empty(prices: list[int]) -> bool:\n    return not prices\n"
THEIRS = BASE.replace("prices: list[int]", "prices: list[int], tax: int = 0").replace("sum(prices)", "sum(prices) + tax")

SCRIPT = """
scripts:
  - when: {words: [brought]}
    steps:
      - run: "git show main:shop/cart.py > shop/cart.py"
      - commit: take theirs
      - finish: mended
  - when: {words: [conflict, both]}
    steps:
      - run: "git merge -q main || true"
      - run: "git add -A && git commit -q -m 'bring both together'"
      - finish: both are in
"""


async def test_what_is_brought_together_is_looked_through_and_what_was_dropped_is_told(tmp_path: Path) -> None:
    """The agent commits markers first, is asked once more, and then takes one side: that is told, and no veto."""
    async with line(tmp_path, SCRIPT) as shop:
        ours = await new_session(shop.deps, "implementer")
        commit(Path(ours.worktree), {"shop/cart.py": OURS}, "round the totals")
        commit(shop.repo, {"shop/cart.py": THEIRS}, "tax on totals")
        await shop.engine.until_idle()

        async with shop.store.reading() as store:
            first, second = await store.jobs(session_id=ours.id)
            messages = await store.messages(shop.deps.project.id, to_session=ours.id)
        assert "+    return round(sum(prices))" in first.instruction, "it is shown what each side changed"
        assert "+    return sum(prices) + tax" in first.instruction
        assert (first.state, second.state) == (JobState.failed, JobState.done), second.error
        assert "conflict markers are left: shop/cart.py:" in first.error
        assert "conflict markers left: shop/cart.py:" in second.instruction

        marked, mended = await shop.events(EventKind.resolution_checked)
        assert (len(marked.data["markers"]), mended.data["markers"]) == (1, [])
        merge = git(Path(ours.worktree), "rev-parse", "HEAD^")
        assert marked.data["merge"] == mended.data["merge"] == merge
        assert marked.data["sides"] == [git(Path(ours.worktree), "rev-parse", f"{merge}^{n}") for n in (1, 2)]
        lost = [loss["lines"] for loss in mended.data["losses"] if loss["side"] == "a"]
        assert lost == [["return round(sum(prices))", "def empty(prices: list[int]) -> bool:", "return not prices"]]
        assert any("shop/cart.py lost `return round(sum(prices))`" in message.content for message in messages)
        assert [event.data["id"] for event in await shop.events(EventKind.resolution_asked)] == ["K1", "K1"]


TOGETHER = """
scripts:
  - when: {words: [brings the two together]}
    steps:
      - run: "git merge -q main && (git merge -q work/late || true)"
      - run: "(git show main:shop/cart.py; echo '# rounded: round(sum(prices))') > shop/cart.py"
      - run: "git add -A && git commit -q -m 'bring both together'"
      - finish: both are in
"""


async def test_what_does_not_land_is_brought_together_by_the_integrator_with_both_sides_before_it(tmp_path: Path) -> None:
    """Its maker is told who does it; what the integrator made of it is looked through as any resolution is."""
    config = "keep_up: notify\nconflicts: {strategy: integrator, integrator: S2}\n"
    async with line(tmp_path, TOGETHER, config) as shop:
        maker = await new_session(shop.deps, "implementer", branch="work/late")
        chosen = await new_session(shop.deps, "implementer")
        commit(Path(maker.worktree), {"shop/cart.py": OURS}, "round the totals")
        commit(shop.repo, {"shop/cart.py": THEIRS}, "tax on totals")
        await queue_named(shop.deps, [maker.id])
        await shop.engine.until_idle()

        async with shop.store.reading() as store:
            [job] = await store.jobs(session_id=chosen.id)
            assert await store.jobs(session_id=maker.id) == []
            told = await store.messages(shop.deps.project.id, to_session=maker.id)
        assert job.state is JobState.done, job.error
        assert "+    return round(sum(prices))" in job.instruction
        assert "+    return sum(prices) + tax" in job.instruction
        assert any("S2 is asked to bring both sides together" in message.content for message in told)
        [asked] = await shop.events(EventKind.resolution_asked)
        assert (asked.session_id, asked.data["id"], asked.data["files"]) == (chosen.id, "E1", ["shop/cart.py"])
        checked = (await shop.events(EventKind.resolution_checked))[-1]
        assert (checked.data["asked"], checked.data["wrong"]) == ("E1", "")
        assert checked.data["losses"], "what it dropped of the maker's is reported"
