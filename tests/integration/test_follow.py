"""A default branch that follows a remote: fetched in time or because GitHub said so, only ever forward, and never in silence."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
from pathlib import Path

import httpx2
import pytest

from orchestrator.boundaries.queue.memory import MemoryQueue
from orchestrator.doors.mcp.github import SECRET
from orchestrator.doors.mcp.host import hosting
from orchestrator.engine.keep_up.fetching import repository_of
from orchestrator.engine.sessions import new_session
from orchestrator.nouns.event import Event, EventKind
from tests.line import Line, line, write_project
from tests.repos import commit, git

ONLY_HOOK = "follow: {remote: origin, minutes: 0}\n"
OFTEN = "follow: {minutes: 0.0001}\n"


@pytest.fixture
def far(tmp_path: Path) -> Path:
    """The project's remote, named like a repository on GitHub."""
    repo = write_project(tmp_path, "scripts: []\n", ONLY_HOOK)
    far = tmp_path / "Ada" / "shop.git"
    git(tmp_path, "clone", "-q", str(repo), str(far))
    git(repo, "remote", "add", "origin", str(far))
    return far


async def until(on: Line, kind: EventKind, words: str) -> Event:
    while not (found := [e for e in await on.events(kind) if words in e.text]):
        await asyncio.sleep(0.02)
    return found[-1]


def push(branch: str = "main", repository: str = "Ada/Shop") -> bytes:
    return json.dumps({"ref": f"refs/heads/{branch}", "repository": {"full_name": repository}}).encode()


def signed(body: bytes, secret: str = "s3cret") -> dict[str, str]:
    return {"x-github-event": "push", "x-hub-signature-256": "sha256=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()}


async def test_a_push_that_github_tells_of_reaches_the_sessions(far: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(SECRET, "s3cret")
    async with line(tmp_path, "", queue=MemoryQueue(), host=hosting()) as on:
        one = await new_session(on.deps, "implementer")
        head = git(commit(far, {"far.py": "F = 1\n"}, "pushed"), "rev-parse", "HEAD")
        url = on.engine.mcp_url.removesuffix("/mcp")
        async with httpx2.AsyncClient(base_url=url, trust_env=False) as http:

            async def hook(body: bytes, headers: dict[str, str]) -> tuple[int, list[str]]:
                answer = await http.post("/hooks/github", content=body, headers=headers)
                return answer.status_code, answer.json().get("fetching", [])

            assert await hook(push(), signed(push(), "guessed")) == (401, [])
            assert await hook(push(), {"x-github-event": "push"}) == (401, [])
            assert await hook(b"[1]", signed(b"[1]")) == (400, [])
            assert await hook(push("other"), signed(push("other"))) == (202, [])
            assert await hook(push(repository="Eve/shop"), signed(push(repository="Eve/shop"))) == (202, [])
            assert await hook(b"{}", {**signed(b"{}"), "x-github-event": "ping"}) == (202, [])
            assert git(on.repo, "rev-parse", "main") != head
            assert await hook(push(), signed(push())) == (202, [on.deps.project.id])
            await until(on, EventKind.session_synced, one.id)
            monkeypatch.delenv(SECRET)
            assert await hook(push(), signed(push())) == (403, [])
        assert git(on.repo, "rev-parse", "main") == head
        assert (on.repo / "far.py").exists()
        assert (Path(one.worktree) / "far.py").exists()


async def test_it_is_fetched_in_time_and_says_why_it_cannot_follow(far: Path, tmp_path: Path) -> None:
    config = tmp_path / "repo" / ".televibe" / "config.yaml"
    config.write_text(config.read_text().replace(ONLY_HOOK, OFTEN))
    commit(far, {"README.md": "# far\n"}, "far away")
    (tmp_path / "repo" / "README.md").write_text("# not committed\n")
    async with line(tmp_path, "", queue=MemoryQueue()) as on:
        await until(on, EventKind.follow_failed, "local changes are in the way: README.md")
        git(on.repo, "checkout", "-q", "--", "README.md")
        on.engine.fetching.ask(on.deps.project.id)
        await until(on, EventKind.main_moved, "far away")
        commit(on.repo, {"here.py": "h"}, "here")
        commit(far, {"there.py": "t"}, "there")
        for _ in range(2):
            on.engine.fetching.ask(on.deps.project.id)
            said = await until(on, EventKind.follow_failed, "went apart")
        assert "main and origin/main went apart: 1 commit here, 1 there — bring them together by hand" in said.text
        git(on.repo, "remote", "set-url", "origin", str(tmp_path / "nowhere"))
        on.engine.fetching.ask(on.deps.project.id)
        await until(on, EventKind.follow_failed, "git fetch failed")
        texts = [e.text for e in await on.events(EventKind.follow_failed)]
        assert len(texts) == len(set(texts)) == 3, "each reason once"


@pytest.mark.parametrize(
    "url",
    [
        "https://github.com/Ada/Shop.git",
        "https://token@github.com/ada/shop/",
        "git@github.com:Ada/shop.git",
        "ssh://git@ssh.github.com:443/ada/shop.git",
        "/srv/git/ada/shop.git",
    ],
)
def test_a_repository_is_known_by_whatever_url(url: str) -> None:
    assert repository_of(url) == "ada/shop"
