"""The user answers a message: the answer goes where its writer hears it, as an instruction if it waits for one."""

from __future__ import annotations

from graphs.state import Deps
from orchestrator.engine.coordination.tool import Caller
from orchestrator.engine.coordination.tools import call_tool
from orchestrator.engine.intents import check_text, instruct
from orchestrator.nouns.errors import Refused
from orchestrator.nouns.message import MessageType
from orchestrator.nouns.session import SessionState


async def reply(deps: Deps, message_id: str, text: str) -> str:
    """Answer ``message_id``; returns what became of the answer, in one line."""
    async with deps.store.reading() as store:
        message = await store.message(message_id)
        if message.to_session is not None or message.project_id != deps.project.id:
            raise Refused(f"{message_id} is not addressed to you", "`televibe inbox` lists what is")
        writer = await store.session(message.from_session) if message.from_session else None
    if message.type is MessageType.request and message.request_id:
        return await answer_request(deps, message.request_id, text)
    if writer is not None and writer.state is SessionState.waiting:
        await instruct(deps, writer.id, check_text(text, "answer"))
        return f"{message_id} is answered; {writer.id}, which waited for it, goes on"
    arguments = {"in_reply_to": message_id, "to_session": message.from_session, "content": text}
    sent = await call_tool(deps, Caller(None), "send_cross_session_message", arguments)
    return f"{message_id} is answered with {', '.join(sent.model_dump()['ids'])}"


async def answer_request(deps: Deps, request_id: str, text: str, how: str = "complete") -> str:
    """Answer a request that was made of the user: "complete", "decline" or "accept" it; one line on what became of it."""
    word = {"complete": {"response": text}, "decline": {"reason": text}, "accept": {}}[how]
    done = (await call_tool(deps, Caller(None), f"{how}_request", {"request_id": request_id, **word})).model_dump()
    asker = done["from_session"]
    said = {"complete": f"answered; {asker} goes on with it", "decline": f"declined; {asker} is told", "accept": "yours; answer it"}
    return f"{request_id} is {said[how]}" + (f" with {request_id}: …" if how == "accept" else "")
