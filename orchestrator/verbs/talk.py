"""Talk between sessions: which message is worth waking somebody for, what settles it, and when it is worth nothing any more."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from orchestrator.nouns.message import Author, Message, MessageState, MessageType
from orchestrator.nouns.session import Session, SessionState


def should_call(message: Message, receiver: Session, most_hops: int, *, busy: bool, reply_to: Message | None = None) -> bool:
    """Whether ``receiver`` is given a job for the message at once.

    A busy session is not: what it has not seen when its job ends calls it then. A session is never called by its own words, and
    not when so many woken jobs led to the message that two sessions seem to play ping-pong.
    """
    if busy or receiver.state is not SessionState.idle or message.from_session == receiver.id:
        return False
    waited_for = message.type is MessageType.interface_ready and message.author is Author.televibe
    wanted = message.type.wakes or waited_for or (reply_to is not None and reply_to.type.wants_answer)
    return wanted and message.hops <= most_hops and message.state is MessageState.queued


def call_to(messages: Sequence[Message]) -> str:
    """The instruction of a job that is only there for messages."""
    wants = [m.id for m in messages if m.type.wants_answer]
    if not wants:
        return "Read the messages below. Go on with your work if they settle what you waited for; otherwise end."
    answer = (
        "Answer what is wanted of you in the messages below, then end. Reply with send_cross_session_message and its in_reply_to, "
        "or with accept_request, complete_request or decline_request where it is a request. "
    )
    return answer + "Change files only if that is needed for the answer and your role allows it."


def settled_by_job(message: Message) -> bool:
    """A job that carried the message and ended well settles it, unless it wants an answer."""
    return message.state is MessageState.delivered and not message.type.wants_answer


def worth_nothing(message: Message, now: datetime) -> bool:
    """Whether an open message has expired."""
    return message.state.open and message.expires_at is not None and message.expires_at <= now


def tells_its_sender(message: Message) -> bool:
    """Whether somebody must be told that a message expired: its sender waits for an answer or believes that it was read."""
    return message.from_session is not None and message.type is not MessageType.notice
