"""What a running session is told between two steps of its agent: that messages wait. Never what they say."""

from __future__ import annotations

from graphs.state import Deps
from orchestrator.nouns.job import Job
from orchestrator.nouns.message import MessageState
from orchestrator.nouns.session import Session
from orchestrator.verbs.grammar import counted


class Unread:
    """Counts the messages that nobody handed over yet; each is told of once."""

    def __init__(self, deps: Deps, session: Session, job: Job) -> None:
        self._deps = deps
        self._session = session.id
        self._job = job.id
        self._told: set[str] = set()

    async def line(self) -> str:
        """One line when there are new ones; empty otherwise. What the job's own brief carried is not new."""
        async with self._deps.store.reading() as store:
            queued = await store.messages(self._deps.project.id, to_session=self._session, states=[MessageState.queued])
        waiting = {message.id for message in queued if message.job_id != self._job}
        fresh = waiting - self._told
        if not fresh:
            return ""
        self._told |= fresh
        return f"TeleVibe: {counted(len(waiting), 'unread message')} for you. Call get_inbox when it suits your work."
