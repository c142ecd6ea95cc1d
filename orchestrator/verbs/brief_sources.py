"""What a brief can be made of."""

from __future__ import annotations

from orchestrator.nouns.base import Noun
from orchestrator.nouns.interface import Dependency, Export
from orchestrator.nouns.job import Handoff
from orchestrator.nouns.knowledge import Decision, Todo
from orchestrator.nouns.message import Matter, Message
from orchestrator.nouns.policy import Topology
from orchestrator.nouns.session import Role, Session
from orchestrator.verbs.brief_files import Ground


class BriefSources(Noun):
    """All that is known and may matter. Sequences are in order of relevance where the source has one, else newest or oldest
    first as the store gives them."""

    session: Session  # who is briefed
    role: Role
    instruction: str
    goal: str = ""  # the user's words the instruction is part of
    feedback: str = ""  # why it is done once more: who sent it back, and what they said
    judges: bool = False  # its answer decides whether others' work goes on
    handoffs: tuple[Handoff, ...] = ()  # of the predecessors' work
    exports: tuple[Export, ...] = ()  # of other sessions, most relevant first
    messages: tuple[Message, ...] = ()  # not acknowledged yet, oldest first
    matters: tuple[Matter, ...] = ()  # what the requests among them are about
    todos: tuple[Todo, ...] = ()  # open, for this session or for whoever comes to it
    awaited: tuple[tuple[Dependency, Export | None], ...] = ()  # what it waits for, and what is promised, declared or gone
    dependents: tuple[Dependency, ...] = ()  # what others need of it
    decisions: tuple[Decision, ...] = ()  # newest first
    others: tuple[tuple[Session, tuple[str, ...]], ...] = ()  # who is at work, and the files each is changing
    parent: Session | None = None  # who orchestrates it
    children: tuple[Session, ...] = ()  # whom it orchestrates
    topology: Topology = Topology.coordinated
    files: tuple[str, ...] = ()  # that the task will probably touch
    merge_conflicts: tuple[tuple[str, tuple[str, ...]], ...] = ()  # branches that could not be merged: name, files
    ground: Ground | None = None  # whose files are whose
    budget_tokens: int = 2000  # for everything but the instruction and the ground rules
    nonce: str  # unguessable by who wrote the quoted texts
