"""Which session should do it: gathers what is known of the live sessions and asks the recommending verb, or the model."""

from __future__ import annotations

from graphs.decide import decide
from graphs.state import Deps
from orchestrator.boundaries.model.protocol import Question
from orchestrator.nouns.deciding import Candidate, Classified, Decided, Recommendation
from orchestrator.nouns.job import Job, JobState
from orchestrator.nouns.session import Session
from orchestrator.nouns.work import TaskType
from orchestrator.verbs.classify import classify
from orchestrator.verbs.recommend import recommend
from orchestrator.verbs.roles import fit

HITS = 50
"""How many documents of the context index speak for sessions."""

RECENT_JOBS = 5
"""How many of a session's last jobs count as its recent work."""


async def classify_text(deps: Deps, text: str) -> tuple[Classified, Decided]:
    """The task type of an instruction."""
    sure = classify(text)
    question = Question(prompt="classify", variables={"text": text}, answer=Classified)
    return await decide(deps, "classify", sure, sure.confidence, question)


async def route_text(deps: Deps, instruction: str, type_: TaskType, *, goal_id: str | None = None) -> tuple[Recommendation, Decided]:
    """A recommendation for one instruction, with who decided it."""
    candidates = await sessions_as_candidates(deps)
    hits = await deps.index.search(instruction, limit=HITS) if candidates else []
    sure = recommend(instruction, type_, candidates, hits, deps.roles, now=deps.now())
    question = Question(
        prompt="route",
        variables={
            "instruction": instruction,
            "type": type_.value,
            "sessions": [c.model_dump(mode="json", exclude={"hindrance"}) for c in candidates if not c.hindrance],
            "roles": [{"name": r.name, "description": r.description} for r in deps.roles.values()],
        },
        answer=Recommendation,
    )
    known = {c.session.id for c in candidates if not c.hindrance}

    def faults(answer: Recommendation) -> list[str]:
        wrong = [] if answer.session is None or answer.session in known else [f"no session {answer.session}"]
        role = deps.roles.get(answer.role)
        if role is None:
            return [*wrong, f"no role {answer.role}"]
        return wrong if fit(role, type_) > 0 else [*wrong, f"the role {role.name} may not do {type_.value} work"]

    return await decide(deps, "route", sure, sure.confidence, question, goal_id=goal_id, faults=faults)


async def sessions_as_candidates(deps: Deps) -> list[Candidate]:
    """Every live session of the project with what it has been doing. Its exports speak through the index: there may be thousands."""
    async with deps.store.reading() as store:
        sessions = await store.sessions(deps.project.id, live_only=True)
        jobs = await store.jobs(deps.project.id) if sessions else []
    work: dict[str, list[Job]] = {s.id: [] for s in sessions}
    for job in jobs:
        if job.session_id in work:
            work[job.session_id].append(job)
    hindrances = {kind: await deps.hindrance(kind) for kind in {s.agent for s in sessions}}
    return [_candidate(s, work[s.id], hindrances[s.agent]) for s in sessions]


def _candidate(session: Session, jobs: list[Job], hindrance: str) -> Candidate:
    recent = jobs[-RECENT_JOBS:]
    files = dict.fromkeys(path for job in reversed(recent) for path in job.files_changed)
    return Candidate(
        session=session,
        files=tuple(files),
        recent_work=tuple(f"{job.instruction} {job.summary}".strip() for job in recent),
        queued=sum(job.state in {JobState.queued, JobState.starting, JobState.running} for job in jobs),
        hindrance=hindrance,
        last_active=session.updated_at,
    )
