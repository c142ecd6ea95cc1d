"""``televibe route`` and ``brief``: what would happen, without doing it."""

from __future__ import annotations

from pathlib import Path

from graphs.briefing import brief_for
from graphs.routing import classify_text, route_text
from orchestrator.boundaries.home import Home
from orchestrator.doors.opening import session_of
from orchestrator.doors.output import Out, Tone
from orchestrator.engine.intents import check_text
from orchestrator.engine.workplace import workplace
from orchestrator.verbs.grammar import counted


async def show_route(repo: Path, text: str, out: Out, *, as_json: bool) -> int:
    """The type, the role, the session and why, with the runners-up."""
    text = check_text(text, "instruction")
    async with workplace(Home.find(), repo, engine=False) as place:
        kind, _ = await classify_text(place.deps, text)
        route, decided = await route_text(place.deps, text, kind.type)
    if as_json:
        keys = {"type", "role", "session", "reason", "confidence", "alternatives"}
        out.document(
            {
                **route.model_dump(mode="json", include=keys),
                "decided_by": decided.decided_by.value,
                "why_not_model": decided.why_not_model,
            }
        )
        return 0
    out.line(f"{route.session or 'a new session'} ({route.role}), confidence {route.confidence:.2f}", Tone.strong)
    out.line(f"type     {route.type.value}: {kind.reason}")
    out.line(f"because  {route.reason}")
    out.line(f"decided  {decided.decided_by.value}" + (f" (model: {decided.why_not_model})" if decided.why_not_model else ""))
    if route.alternatives:
        rows = [((a.session, Tone.name), f"{a.score:.2f}", a.reason) for a in route.alternatives]
        out.table(("else", "score", "reason"), rows)
    return 0


async def show_brief(repo: Path, session_id: str, text: str, out: Out, *, as_json: bool) -> int:
    """The enhanced instruction that the session would be given now, with the source of each part."""
    text = check_text(text, "instruction")
    async with workplace(Home.find(), repo, engine=False) as place:
        async with place.store.reading() as view:
            session = await session_of(view, place.deps.project, session_id)
        brief = await brief_for(place.deps, session, text)
    if as_json:
        out.document(brief)
        return 0
    out.line(brief.text)
    out.line()
    for section in brief.sections:
        out.line(f"{section.title}: {', '.join(section.sources)}", Tone.quiet)
    out.line(f"{counted(brief.tokens, 'token')}; left out: {', '.join(brief.left_out) or 'nothing'}", Tone.quiet)
    return 0
