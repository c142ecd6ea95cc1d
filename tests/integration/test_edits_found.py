"""Sessions at work under the strategy ``locks``: a lease that ends with its job, an edit that is refused, and one that slipped past."""

from __future__ import annotations

from pathlib import Path

from graphs.territory import held_back
from orchestrator.engine.coordination.tool import Caller
from orchestrator.engine.coordination.tools import call_tool
from orchestrator.engine.intents import instruct
from orchestrator.engine.sessions import new_session
from orchestrator.nouns.event import EventKind
from orchestrator.nouns.job import Job
from orchestrator.nouns.lease import LeaseState
from orchestrator.nouns.session import Session
from tests.line import Line, line
from tests.repos import git

SCRIPT = """
scripts:
  - when: {words: [properly]}
    steps:
      - tool: {name: acquire_file_lock, arguments: {files: [shop/cart.py]}}
      - append: {path: shop/cart.py, content: "A = 1\\n"}
      - commit: under a lease
      - finish: done
  - when: {words: [early]}
    steps:
      - tool: {name: acquire_file_lock, arguments: {files: [shop/cart.py]}}
      - append: {path: shop/cart.py, content: "B = 1\\n"}
      - commit: under a lease
      - tool: {name: release_file_lock, arguments: {}}
      - tool: {name: acquire_file_lock, arguments: {files: [shop/late.py]}}
      - edit: {path: shop/late.py, content: "L = 1\\n"}
      - commit: after it was released
      - finish: done
  - when: {words: [honest]}
    steps:
      - append: {path: shop/cart.py, content: "C = 1\\n"}
      - finish: "{{ last }}"
  - when: {words: [sly]}
    steps:
      - run: [sh, -c, "echo D = 1 >> shop/cart.py"]
      - commit: past the hook
      - finish: done
  - when: {}
    steps: [{finish: read}]
"""


async def work(shop: Line, session: Session, word: str) -> Job:
    await instruct(shop.deps, session.id, f"do it {word}")
    await shop.engine.until_idle()
    async with shop.store.reading() as store:
        return next(job for job in reversed(await store.jobs(session_id=session.id)) if job.instruction.endswith(word))


async def kept_back(shop: Line, session: Session) -> list[str]:
    async with shop.store.reading() as store:
        return await held_back(store, shop.deps, session, ["shop/cart.py"])


async def told(shop: Line, session: Session) -> str:
    async with shop.store.reading() as store:
        return "\n".join(m.content for m in await store.messages(shop.deps.project.id, to_session=session.id))


async def test_a_lease_ends_with_its_job_and_what_slipped_past_is_found_told_and_held_back(tmp_path: Path) -> None:
    async with line(tmp_path, SCRIPT, "conflicts: {strategy: locks}\n") as shop:
        one, two, three = [await new_session(shop.deps, "implementer") for _ in range(3)]
        await work(shop, one, "properly")
        await work(shop, three, "early")
        async with shop.store.reading() as store:
            leases = await store.leases(shop.deps.project.id)
            assert await store.events(kinds=[EventKind.edit_found]) == [], "it was changed before it was released"
        assert [(lease.session_id, lease.state, lease.fence) for lease in leases] == [
            (one.id, LeaseState.released, 1),
            (three.id, LeaseState.released, 2),
            (three.id, LeaseState.released, 3),
        ]
        assert await kept_back(shop, one) == await kept_back(shop, three) == []

        job = await work(shop, two, "honest")
        assert (job.commits, git(Path(two.worktree), "status", "--porcelain")) == ((), ""), "the edit was not made"
        async with shop.store.reading() as store:
            [refused] = await store.events(kinds=[EventKind.edit_refused])
        assert (refused.job_id, refused.data["wall"]) == (job.id, "no_lease")

        role = shop.deps.roles["implementer"]
        await call_tool(shop.deps, Caller(one, role), "acquire_file_lock", {"files": ["shop/cart.py"], "minutes": 60})
        job = await work(shop, two, "sly")
        async with shop.store.reading() as store:
            [found] = await store.events(kinds=[EventKind.edit_found])
        assert (found.job_id, [f["path"] for f in found.data["found"]]) == (job.id, ["shop/cart.py"])
        assert "without holding its lease, while S1 had the lease" in await told(shop, two)
        assert f"{two.id} changed shop/cart.py" in await told(shop, one)
        [why] = await kept_back(shop, two)
        assert "takes the lease again" in why
        assert git(Path(two.worktree), "show", "HEAD:shop/cart.py").endswith("D = 1"), "it is not taken out of the branch"
        await call_tool(shop.deps, Caller(one, role), "release_file_lock", {})
        await work(shop, two, "properly")
        assert await kept_back(shop, two) == []
