"""Recommend: which live session should do it, or a new one; with the reason, the confidence and the runners-up."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from math import exp

from orchestrator.nouns.deciding import Candidate, Recommendation, Scored
from orchestrator.nouns.retrieval import Hit
from orchestrator.nouns.session import Role, SessionState
from orchestrator.nouns.work import TaskType
from orchestrator.verbs.grammar import counted, one
from orchestrator.verbs.roles import READING, fit, role_for
from orchestrator.verbs.words import words

ENOUGH = 0.42
"""A session scoring less is not related enough: a new one starts with a clean context instead."""

RUNNERS_UP = 5
WEIGHTS = {"relation": 0.62, "role": 0.26, "recency": 0.06, "load": 0.06}
"""Shares of a score. Relation to the session's work decides, role fit breaks ties between related sessions."""

RECENT_HOURS = 12.0
"""A session's context is worth half after so long without work."""

SECOND_LOOK = frozenset({TaskType.review, TaskType.security, TaskType.test})
"""Work on somebody's work. Who made it knows it best, and is the wrong one to do it."""

MEANT_FOR = 0.5
"""A role that suits a type less is allowed to do such work, but is not there for it."""

_ID = re.compile(r"(?<!\bof )\bS[1-9][0-9]*\b(?!['’]s\b)", re.IGNORECASE)
"""A session that is spoken to; in "S1's work" and "the work of S1" it is spoken of."""


@dataclass(frozen=True)
class Weighed:
    """A candidate's score and the parts that say why."""

    candidate: Candidate
    score: float
    named: bool
    because: str


def recommend(
    instruction: str,
    type_: TaskType,
    candidates: Sequence[Candidate],
    hits: Sequence[Hit],
    roles: Mapping[str, Role],
    *,
    now: datetime,
) -> Recommendation:
    """Weigh every live session. A session that is named wins if it may do the work; stopped and closed ones are never chosen."""
    role = role_for(type_, roles)
    willing = [c for c in candidates if c.session.live and c.session.state is not SessionState.stopped]
    able = [c for c in willing if not c.hindrance]
    hindered = [c for c in willing if c.hindrance]
    asked = words(instruction)
    found = _hits_by_session(hits)
    rarity = _rarity([_known(c) for c in able])
    weighed = sorted(
        (_weigh(c, instruction, asked, type_, roles, found.get(c.session.id, 0.0), rarity, now) for c in able),
        key=lambda w: (-w.score, int(w.candidate.session.id[1:])),
    )
    ranked = tuple(
        [Scored(session=w.candidate.session.id, score=round(w.score, 4), reason=w.because) for w in weighed]
        + [Scored(session=c.session.id, score=0.0, reason=_hindered(c)) for c in hindered]
    )
    missed = "".join(f"; {c.session.id} was named, but {_hindered(c)}" for c in hindered if _named(instruction, c, type_))
    best = weighed[0] if weighed else None
    if best is None or best.score < ENOUGH:
        none = f"no session can take it: {hindered[0].session.id} {_hindered(hindered[0])}" if hindered else "there is no session yet"
        near = f"the nearest, {best.candidate.session.id}, {best.because}" if best else none
        sure = 0.9 if best is None else round(min(0.9, 0.5 + (ENOUGH - best.score)), 3)
        return Recommendation(
            type=type_,
            role=role,
            session=None,
            reason=near + missed,
            confidence=sure,
            alternatives=ranked[:RUNNERS_UP],
        )
    lead = best.score - (weighed[1].score if len(weighed) > 1 else 0.0)
    sure = 0.95 if best.named else round(min(0.92, 0.35 + 0.4 * best.score + lead), 3)
    session = best.candidate.session
    return Recommendation(
        type=type_,
        role=session.role,
        session=session.id,
        reason=best.because + missed,
        confidence=sure,
        alternatives=ranked[1 : RUNNERS_UP + 1],
    )


def best_of_role(
    context: str,
    type_: TaskType,
    role: str,
    candidates: Sequence[Candidate],
    hits: Sequence[Hit],
    roles: Mapping[str, Role],
    *,
    now: datetime,
) -> Recommendation | None:
    """The session of ``role`` that knows most of what a request is about; None when there is none that takes work.

    Unlike in ``recommend``, the role is given: whoever has it will do, and one that is related only does it better.
    """
    able = [c for c in candidates if c.session.role == role and c.session.live and c.session.state is not SessionState.stopped]
    if not able:
        return None
    asked, found, rarity = words(context), _hits_by_session(hits), _rarity([_known(c) for c in able])
    weighed = sorted(
        (_weigh(c, context, asked, type_, roles, found.get(c.session.id, 0.0), rarity, now) for c in able),
        key=lambda w: (w.candidate.queued, -w.score, int(w.candidate.session.id[1:])),
    )
    ranked = tuple(Scored(session=w.candidate.session.id, score=round(w.score, 4), reason=w.because) for w in weighed)
    best = weighed[0]
    return Recommendation(
        type=type_,
        role=role,
        session=best.candidate.session.id,
        reason=best.because,
        confidence=round(min(1.0, best.score), 3),
        alternatives=ranked[1 : RUNNERS_UP + 1],
    )


def _weigh(
    candidate: Candidate,
    instruction: str,
    asked: Sequence[str],
    type_: TaskType,
    roles: Mapping[str, Role],
    hit: float,
    rarity: Mapping[str, float],
    now: datetime,
) -> Weighed:
    session = candidate.session
    role = roles.get(session.role)
    suits = fit(role, type_) if role else 0.0
    if suits == 0.0:
        return Weighed(candidate, 0.0, False, f"may not do {type_.value} work as {session.role}")
    named = _named(instruction, candidate, type_)
    shared = _shared(asked, _known(candidate), rarity)
    relation = min(1.0, 0.75 * shared[0] + 0.45 * hit)
    hours = max(0.0, (now - candidate.last_active).total_seconds() / 3600)
    parts = {
        "relation": relation,
        "role": suits,
        "recency": exp(-0.693 * hours / RECENT_HOURS),
        "load": 1.0 / (1 + candidate.queued),
    }
    score = sum(WEIGHTS[name] * value for name, value in parts.items())
    if type_ in READING or relation > 0.05:
        score = score if relation > 0.05 or suits >= 0.9 and type_ in READING else score * 0.7
    else:
        score *= 0.6  # nothing in common but the role: no reason to burden this context
    if named:
        return Weighed(candidate, 0.9 + score / 10, True, f"is named ({named})")
    because = _because(candidate, shared[1], hit, suits)
    if type_ in SECOND_LOOK and suits < MEANT_FOR:
        return Weighed(
            candidate, min(score, ENOUGH - 0.01), False, f"{because}; but is {one(session.role)}, and this is {type_.value} work"
        )
    return Weighed(candidate, min(score, 0.89), False, because)


def _named(instruction: str, candidate: Candidate, type_: TaskType) -> str:
    """How the instruction names this session: by id, branch (unless that is what is to be looked at), or "the <role>"."""
    session = candidate.session
    if session.id in {found.upper() for found in _ID.findall(instruction)}:
        return session.id
    lower = instruction.lower()
    if (
        type_ not in SECOND_LOOK
        and len(session.branch) > 3
        and re.search(rf"(?<![\w/-]){re.escape(session.branch.lower())}(?![\w/-])", lower)
    ):
        return session.branch
    if re.search(rf"\b(?:ask|tell|let|have|give (?:it|this) to|hand (?:it|this) to)\s+the {re.escape(session.role)}\b", lower):
        return f"the {session.role}"
    return ""


def _known(candidate: Candidate) -> set[str]:
    """Words of what the session has to do with: branch, title, files, exports, recent work."""
    session = candidate.session
    text = [session.branch, session.title, session.last_summary, *candidate.files[:40], *candidate.exports[:200]]
    return {word for part in (*text, *candidate.recent_work) for word in words(part)}


def _rarity(known: Iterable[set[str]]) -> dict[str, float]:
    """1 for a word that only one session knows, less the more of them do."""
    often: dict[str, int] = {}
    for found in known:
        for word in found:
            often[word] = often.get(word, 0) + 1
    return {word: 1.0 / count**0.5 for word, count in often.items()}


def _shared(asked: Sequence[str], known: set[str], rarity: Mapping[str, float]) -> tuple[float, list[str]]:
    """(share of the instruction's words that the session knows, weighted by rarity, 0..1; those words, rarest first)."""
    wanted = dict.fromkeys(asked)
    if not wanted:
        return 0.0, []
    common = sorted((w for w in wanted if w in known), key=lambda w: -rarity.get(w, 1.0))
    total = sum(rarity.get(w, 0.5) for w in wanted)
    return sum(rarity.get(w, 1.0) for w in common) / total, common


def _hits_by_session(hits: Sequence[Hit]) -> dict[str, float]:
    """How much of the found knowledge is each session's, the best one being 1."""
    totals: dict[str, float] = {}
    for place, hit in enumerate(hits):
        owner = hit.document.session_id
        if owner is not None:
            totals[owner] = totals.get(owner, 0.0) + hit.score / (1 + place / 5)
    most = max(totals.values(), default=1.0) or 1.0
    return {owner: total / most for owner, total in totals.items()}


def _hindered(candidate: Candidate) -> str:
    return f"cannot work here: {candidate.hindrance} (its agent is {candidate.session.agent})"


def _because(candidate: Candidate, shared: Sequence[str], hit: float, suits: float) -> str:
    said = []
    if shared:
        said.append(f"works on {', '.join(shared[:4])}")
    if hit > 0.5:
        said.append("exports or decided what this is about")
    if suits >= 0.8:
        said.append(f"is {one(candidate.session.role)}")
    if candidate.queued:
        said.append(f"has {counted(candidate.queued, 'job')} waiting")
    return "; ".join(said) or "has nothing to do with it"
