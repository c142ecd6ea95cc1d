"""Messages and requests: what sessions and the user say to each other, and how far it came."""

from __future__ import annotations

from enum import StrEnum

from .base import Moment, Noun


class Author(StrEnum):
    """Who wrote a message; stamped by us, never taken from the text or its sender."""

    session = "session"
    user = "user"
    televibe = "televibe"  # the orchestrator itself: an interface changed, a request expired


class MessageType(StrEnum):
    """Why a message was sent. The first three are what a session may choose."""

    interface_ready = "interface_ready"
    need_input = "need_input"  # wants an answer
    fyi = "fyi"
    interface_changed = "interface_changed"
    request = "request"  # a request was made of the receiver
    response = "response"  # a request of the receiver was accepted, completed or declined
    main_moved = "main_moved"  # something landed on the default branch; what of it touches the receiver
    notice = "notice"  # about the receiver's own doing: an export that is not in its file, a message that expired

    @property
    def wants_answer(self) -> bool:
        """True when only an explicit acknowledgement or a reply settles it; any other is settled by the job that carried it."""
        return self in {MessageType.need_input, MessageType.request}

    @property
    def wakes(self) -> bool:
        """True when an idle receiver is given a job for it at once; any other waits for the receiver's next one."""
        return self in {MessageType.need_input, MessageType.request, MessageType.response}


CHOSEN = (MessageType.interface_ready, MessageType.need_input, MessageType.fyi)
"""Types that a session may send with ``send_cross_session_message``."""


class MessageState(StrEnum):
    """How far a message came, on evidence."""

    queued = "queued"
    delivered = "delivered"  # it was part of a brief that an agent received, or of an inbox that its agent fetched
    acknowledged = "acknowledged"  # acknowledged, answered, or (if it wants no answer) the job that carried it ended well
    expired = "expired"  # nobody acknowledged it in time; its sender was told

    @property
    def open(self) -> bool:
        """True while it is offered to its receiver again."""
        return self in {MessageState.queued, MessageState.delivered}


OPEN_MESSAGES = tuple(state for state in MessageState if state.open)
"""States of messages that ride in a brief and are in an inbox."""


class Message(Noun):
    """From one session (or the user, or us) to another session or the user."""

    id: str  # "M1" …
    project_id: str
    author: Author = Author.session
    from_session: str | None  # None: not a session, see ``author``
    to_session: str | None  # None: the user. A broadcast is stored as one message for each receiver
    type: MessageType
    content: str
    state: MessageState = MessageState.queued
    in_reply_to: str | None = None  # message id
    thread: str = ""  # id of the first message of the conversation; its own for that one
    hops: int = 0  # how many jobs, each woken by a message of the one before, led to it
    offers: int = 0  # briefs and inboxes it was part of
    request_id: str | None = None
    job_id: str | None = None  # the last job whose brief carried it
    since: str = ""  # of ``main_moved``: the commit of the default branch that its receiver knew before
    created_at: Moment
    expires_at: Moment | None = None

    @property
    def sender(self) -> str:
        """How a reader is told who it is from: ``S12``, ``the user``, ``TeleVibe``."""
        match self.author:
            case Author.session:
                return self.from_session or "?"
            case Author.user:
                return "the user"
            case Author.televibe:
                return "TeleVibe"


class RequestType(StrEnum):
    """What one session asks of another."""

    review = "review"
    help = "help"
    implement = "implement"


class RequestState(StrEnum):
    """Where a request is."""

    pending = "pending"
    accepted = "accepted"
    completed = "completed"
    declined = "declined"
    expired = "expired"

    @property
    def open(self) -> bool:
        return self in {RequestState.pending, RequestState.accepted}


class Request(Noun):
    """Work that one session (or the user) asks of another."""

    id: str  # "R1" …
    project_id: str
    from_session: str | None  # None: the user
    to_session: str | None  # None: the user, or (with ``to_role``) nobody yet
    to_role: str = ""  # any session of this role; one is chosen or made
    type: RequestType
    context: str  # what is wanted
    state: RequestState = RequestState.pending
    response: str = ""  # the result, or the reason for declining
    answered_by: str = ""  # who completed or declined it: ``S12``, ``the user``, ``TeleVibe``
    created_at: Moment
    updated_at: Moment
    expires_at: Moment

    @property
    def receiver(self) -> str:
        """How a reader is told whom it was made of: ``S12``, ``any security``, ``the user``."""
        return self.to_session or (f"any {self.to_role}" if self.to_role else "the user")

    @property
    def unassigned(self) -> bool:
        """True while a session is to be found for it."""
        return self.state is RequestState.pending and self.to_session is None and bool(self.to_role)

    @property
    def of_user(self) -> bool:
        """True when the user is asked."""
        return self.to_session is None and not self.to_role


OPEN_REQUESTS = tuple(state for state in RequestState if state.open)
"""States in which somebody still waits for the answer."""


class Matter(Noun):
    """What a request is about, as git has it: the asker's work, for whoever is to look at it."""

    request_id: str
    type: RequestType
    from_session: str
    branch: str
    base: str  # where the asker's own commits begin
    head: str
    files: tuple[str, ...] = ()  # changed between the two
    uncommitted: int = 0  # files of its worktree that are in no commit yet
