"""The sections of a brief: each source as entries that fit or are left out whole."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from orchestrator.nouns.interface import DependencyState, Export, ExportStatus
from orchestrator.nouns.job import Handoff
from orchestrator.nouns.knowledge import Decision
from orchestrator.nouns.message import Matter, Message
from orchestrator.nouns.policy import Topology
from orchestrator.nouns.session import Session
from orchestrator.verbs.brief_files import lines_about
from orchestrator.verbs.brief_sources import BriefSources
from orchestrator.verbs.grammar import counted
from orchestrator.verbs.quote import block, inline, quoted_lines
from orchestrator.verbs.tokens import estimate
from orchestrator.verbs.words import overlap, words

SUMMARY_LIMIT = 1_200
MESSAGE_LIMIT = 1_500
SHORTEST_MESSAGE = 200
DECISION_LIMIT = 400
SIGNATURE_LIMIT = 240
DESCRIPTION_LIMIT = 120
PATH_LIMIT = 160
CHECK_LIMIT = 600
"""Characters of each quoted thing."""

FILES_SHOWN = 25
FILES_SHOWN_OF_OTHERS = 6
DECISIONS_SHOWN = 8
EXPORTS_SHOWN = 30


class Entry(NamedTuple):
    """One thing a section can say. ``ours`` is written by us and stands before the quotation ``theirs``."""

    source: str
    ours: tuple[str, ...]
    theirs: tuple[str, ...]

    @property
    def cost(self) -> int:
        return estimate("\n".join((*self.ours, *self.theirs))) + 1


class Draft(NamedTuple):
    """A section before the budget: entries with the best first, and how much of the budget it has first call on."""

    title: str
    weight: float  # its share is this in proportion to the weights of the sections there are
    entries: tuple[Entry, ...]
    together: bool  # one quotation for all entries, or one behind each
    certain: int = 0  # so many entries are said even beyond the budget


def drafts(sources: BriefSources) -> list[Draft]:
    """Every section that has something to say, in the order in which they are read.

    In an independent topology a session learns only what is meant for it: handed-over work, messages, todos left for it.
    """
    conflicts = tuple(_conflicts(sources))
    meant = [
        Draft("Branches that could not be merged", 1, conflicts, together=False, certain=len(conflicts)),
        Draft("Sent back to you", 6, tuple(_feedback(sources)), together=False, certain=1),
        Draft("Handed over to you", 7, tuple(_handoff(h, sources.nonce) for h in sources.handoffs), together=False),
        Draft("Messages for you", 5, tuple(_messages(sources)), together=False, certain=1),
        Draft("What you are asked about", 3, tuple(_matter(m, sources.nonce) for m in sources.matters), together=False),
        Draft("Whose the files are", 3, tuple(_whose(sources)), together=True),
        Draft("Left for you to do", 2, tuple(_todos(sources)), together=True),
    ]
    shared = [
        Draft("Available interfaces from other sessions", 6, tuple(_exports(sources)), together=True),
        Draft("What you wait for", 2, tuple(_awaited(sources)), together=True),
        Draft("Who needs your work", 2, tuple(_dependents(sources)), together=True),
        Draft("Team decisions", 3, tuple(_decisions(sources)), together=True),
        Draft("Files", 2, tuple(_files(sources)), together=True),
        Draft("Who else is working", 2, tuple(_others(sources)), together=True),
    ]
    every = meant if sources.topology is Topology.independent else meant + shared
    return [draft for draft in every if draft.entries]


def rendered(draft: Draft, entries: Sequence[Entry], nonce: str) -> tuple[str, ...]:
    """The section's lines, without its heading."""
    if draft.together:
        return tuple(block((line for e in entries for line in e.theirs), nonce))
    lines: list[str] = []
    for entry in entries:
        lines += [*entry.ours, *block(entry.theirs, nonce)]
    return tuple(lines)


def _paths(paths: Sequence[str], nonce: str, shown: int = FILES_SHOWN) -> str:
    rest = len(paths) - shown
    named = ", ".join(inline(p, PATH_LIMIT, nonce) for p in paths[:shown])
    return f"{named} and {rest} more" if rest > 0 else named


def _conflicts(sources: BriefSources) -> Iterator[Entry]:
    for branch, files in sources.merge_conflicts:
        ours = (f"Merging {inline(branch, PATH_LIMIT, sources.nonce)} stopped at conflicts. Merge it into yours and resolve them:",)
        yield Entry(branch, ours, (f"| {_paths(files, sources.nonce)}",))


def _feedback(sources: BriefSources) -> Iterator[Entry]:
    """The first line is ours and begins with who sent it back, the rest is what they said."""
    if sources.feedback:
        ours, _, theirs = sources.feedback.partition("\n")
        yield Entry(ours.partition(" ")[0], (ours,), tuple(quoted_lines(theirs, MESSAGE_LIMIT, sources.nonce)))


def _handoff(handoff: Handoff, nonce: str) -> Entry:
    commits = f"{handoff.base_commit[:12]}..{handoff.head_commit[:12]}"
    where = f"branch {inline(handoff.from_branch, PATH_LIMIT, nonce)}, commits {commits}"
    theirs = quoted_lines(handoff.summary, SUMMARY_LIMIT, nonce)
    if handoff.files_changed:
        theirs.append(f"| Files: {_paths(handoff.files_changed, nonce)}")
    theirs += [f"| Check {inline(check, CHECK_LIMIT, nonce)}" for check in handoff.checks]
    theirs += [f"| Open: {inline(item, DECISION_LIMIT, nonce)}" for item in handoff.open_items]
    yours = "" if handoff.takes_commits else "; its commits are not in your branch"
    return Entry(handoff.id, (f"From {handoff.from_session} ({where}{yours}):",), tuple(theirs))


def _messages(sources: BriefSources) -> Iterator[Entry]:
    """The oldest one is always said, so that no message waits for ever; under a small budget it is shortened."""
    for place, message in enumerate(sources.messages):
        limit = min(MESSAGE_LIMIT, max(SHORTEST_MESSAGE, sources.budget_tokens)) if place == 0 else MESSAGE_LIMIT
        yield _message(message, limit, sources.nonce)


def _message(message: Message, limit: int, nonce: str) -> Entry:
    what = message.type.value + (" — answer it" if message.type.wants_answer else "")
    reply = f", in reply to your {message.in_reply_to}" if message.in_reply_to else ""
    ours = (f"{message.id} from {message.sender}, {what}{reply}:",)
    return Entry(message.id, ours, tuple(quoted_lines(message.content, limit, nonce)))


def _matter(matter: Matter, nonce: str) -> Entry:
    """The asker's work: where it is, and how it is read without leaving one's own worktree."""
    base, head, branch = matter.base[:12], matter.head[:12], inline(matter.branch, PATH_LIMIT, nonce)
    where = f"{matter.request_id} ({matter.type.value}) of {matter.from_session}: branch {branch}"
    if matter.base == matter.head:
        ours = [f"{where}, at {head}, no commits of its own yet. `git show {head}:PATH` reads a file of it."]
    else:
        how = f"`git diff {base}...{head}` shows the change, `git show {head}:PATH` a file"
        ours = [f"{where}, commits {base}..{head}. {how}."]
    if matter.uncommitted:
        ours.append(f"{counted(matter.uncommitted, 'file')} of its worktree had changes in no commit when this was written.")
    theirs = (f"| Files: {_paths(matter.files, nonce)}",) if matter.files else ()
    return Entry(matter.request_id, tuple(ours), theirs)


def _whose(sources: BriefSources) -> Iterator[Entry]:
    for source, line in lines_about(sources.ground, sources.session, sources.files):
        yield Entry(source, (), (f"| - {inline(line, MESSAGE_LIMIT, sources.nonce)}",))


def _exports(sources: BriefSources) -> Iterator[Entry]:
    of_others = [e for e in sources.exports if e.session_id != sources.session.id and e.status is not ExportStatus.gone]
    for export in of_others[:EXPORTS_SHOWN]:
        yield Entry(export.key, (), (_export_line(export, sources.nonce),))


def _export_line(export: Export, nonce: str) -> str:
    name, signature = inline(export.name, 120, nonce), inline(export.signature, SIGNATURE_LIMIT, nonce)
    owner = name.rpartition(".")[0] if signature else ""
    what = f"{owner}: {signature}" if owner else signature or name
    at = f":{export.line}" if export.line else ""
    changed = UNSURE.get(export.status, "")
    described = inline(export.description, DESCRIPTION_LIMIT, nonce)
    line = f"| - {export.session_id}{changed}, {inline(export.file, PATH_LIMIT, nonce) or 'no file yet'}{at}: {what}"
    return f"{line} — {described}" if described else line


UNSURE = {
    ExportStatus.changed: " (changed)",
    ExportStatus.promised: " (promised, not there yet)",
    ExportStatus.declared: " (declared, not seen in the code)",
}
"""What is said of an export that is not simply there."""


def _todos(sources: BriefSources) -> Iterator[Entry]:
    for todo in sources.todos:
        mine = "" if todo.to_session else " (for whoever comes to it)"
        text = inline(todo.message, DECISION_LIMIT, sources.nonce)
        yield Entry(todo.id, (), (f"| - {todo.id} from {todo.from_session or 'the user'}{mine}: {text}",))


def _awaited(sources: BriefSources) -> Iterator[Entry]:
    for dependency, near in sources.awaited:
        name = inline(dependency.name, 120, sources.nonce)
        whose = f" of {dependency.on_session}" if dependency.on_session else ""
        yield Entry(f"needs:{dependency.name}", (), (f"| - {name}{whose} {_so_far(near, sources.nonce)}",))


def _so_far(near: Export | None, nonce: str) -> str:
    """How far an interface is that somebody waits for."""
    if near is None:
        return "is not there yet; nobody has announced it"
    if near.status is ExportStatus.gone:
        return f"is gone: {near.session_id} had it in {inline(near.file, PATH_LIMIT, nonce)} and took it away"
    return f"is not there yet; so far {_export_line(near, nonce).removeprefix('| - ')}"


def _dependents(sources: BriefSources) -> Iterator[Entry]:
    for dependency in sources.dependents:
        name, why = inline(dependency.name, 120, sources.nonce), inline(dependency.reason, DECISION_LIMIT, sources.nonce)
        has = "uses" if dependency.state is DependencyState.met else "waits for"
        yield Entry(
            f"{dependency.session_id}:needs:{dependency.name}",
            (),
            (f"| - {dependency.session_id} {has} {name}{f': {why}' if why else ''}",),
        )


def _decisions(sources: BriefSources) -> Iterator[Entry]:
    """Those that share words with the task first, then the newest."""
    asked = words(f"{sources.instruction} {sources.goal}")
    by_relevance = sorted(sources.decisions, key=lambda d: -overlap(asked, words(f"{d.decision} {d.rationale}")))
    for decision in by_relevance[:DECISIONS_SHOWN]:
        yield Entry(decision.id, (), (_decision_line(decision, sources.nonce),))


def _decision_line(decision: Decision, nonce: str) -> str:
    line = f"| - {decision.session_id or 'the user'}: {inline(decision.decision, DECISION_LIMIT, nonce)}"
    why = inline(decision.rationale, DECISION_LIMIT, nonce)
    return f"{line} (because: {why})" if why else line


def _files(sources: BriefSources) -> Iterator[Entry]:
    for path in sources.files[:FILES_SHOWN]:
        also = [session.id for session, files in sources.others if path in files]
        at_work = f" — {', '.join(also)} is changing it too: keep your edits there small" if also else ""
        yield Entry(f"file:{path}", (), (f"| - {inline(path, PATH_LIMIT, sources.nonce)}{at_work}",))


def _others(sources: BriefSources) -> Iterator[Entry]:
    """Whom it works for and who works for it, if the topology has parents; then whoever is at work."""
    family: dict[str, str] = {}
    if sources.topology is Topology.hierarchical:
        family = {s.id: "works for you" for s in sources.children}
        family |= {sources.parent.id: "you work for it"} if sources.parent else {}
    at_work = {s.id: (s, files) for s, files in sources.others}
    related = [s for s in (*((sources.parent,) if sources.parent else ()), *sources.children) if s.id in family]
    for session in related:
        yield _other(session, at_work.get(session.id, (session, ()))[1], sources.nonce, family[session.id])
    for session, files in sources.others:
        if session.id not in family:
            yield _other(session, files, sources.nonce)


def _other(session: Session, files: Sequence[str], nonce: str, related: str = "") -> Entry:
    title = inline(session.title, 120, nonce)
    at = f" on {_paths(files, nonce, FILES_SHOWN_OF_OTHERS)}" if files else ""
    branch = inline(session.branch, PATH_LIMIT, nonce)
    what = f"{inline(session.role, 60, nonce)}{f', {related}' if related else ''}"
    line = f"| - {session.id} ({what}), branch {branch}{at}{f': {title}' if title else ''}"
    return Entry(session.id, (), (line,))
