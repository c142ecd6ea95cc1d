"""``televibe merge S12 --pr``: the branch is pushed and a pull request opened, for who lands elsewhere."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from orchestrator.boundaries.github import pull_request
from orchestrator.doors.opening import opened
from orchestrator.doors.output import Out, Tone
from orchestrator.nouns.errors import NotReady, UsageError
from orchestrator.verbs.merge_words import pull_request_text


async def open_pull_requests(repo: Path, names: Sequence[str], out: Out, *, as_json: bool) -> int:
    """One for each, in this order. What was opened before an error stays open."""
    async with opened(repo) as door:
        async with door.store.reading() as view:
            sessions = await view.sessions(door.project.id)
        base = door.project.default_branch
        remote = door.policy().merge.push or "origin"
        if await door.git.remote_url(remote) is None:
            raise NotReady(f"there is no remote {remote} to push to", "`git remote add` makes one, merge.push in the config names it")
        made = []
        for name in names:
            session = next((s for s in sessions if name in {s.id, s.id.lower(), s.branch}), None)
            branch = session.branch if session else name
            head = await door.git.resolve(f"refs/heads/{branch}")
            if head is None or branch == base:
                raise UsageError(f"there is no session or branch {name} of which a pull request could be opened", "name another one")
            commits = await door.git.commits(base, head)
            title, body = pull_request_text(branch, session.title if session else "", [c.subject for c in commits])
            await door.git.push(remote, head, branch)
            url, new = await pull_request(door.project.root, branch=branch, base=base, title=title, body=body)
            made.append({"branch": branch, "session": session.id if session else None, "url": url, "new": new, "commit": head})
            if not as_json:
                out.line(f"{branch}: {url}{'' if new else ' (was open already; the branch is pushed)'}", Tone.good)
    if as_json:
        out.document({"remote": remote, "pull_requests": made})
    return 0
