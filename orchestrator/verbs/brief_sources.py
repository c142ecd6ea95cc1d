"""What a brief can be made of."""

from __future__ import annotations

from orchestrator.nouns.base import Noun
from orchestrator.nouns.interface import Export
from orchestrator.nouns.job import Handoff
from orchestrator.nouns.knowledge import Decision
from orchestrator.nouns.message import Message
from orchestrator.nouns.session import Role, Session


class BriefSources(Noun):
    """All that is known and may matter. Sequences are in order of relevance where the source has one, else newest or oldest
    first as the store gives them."""

    session: Session  # who is briefed
    role: Role
    instruction: str
    goal: str = ""  # the user's words the instruction is part of
    handoffs: tuple[Handoff, ...] = ()  # of the predecessors' work
    exports: tuple[Export, ...] = ()  # of other sessions, most relevant first
    messages: tuple[Message, ...] = ()  # not delivered yet, oldest first
    decisions: tuple[Decision, ...] = ()  # newest first
    others: tuple[tuple[Session, tuple[str, ...]], ...] = ()  # who is at work, and the files each is changing
    files: tuple[str, ...] = ()  # that the task will probably touch
    merge_conflicts: tuple[tuple[str, tuple[str, ...]], ...] = ()  # branches that could not be merged: name, files
    budget_tokens: int = 2000  # for everything but the instruction and the ground rules
    nonce: str  # unguessable by who wrote the quoted texts
