"""The brief: the enhanced instruction a session receives."""

from __future__ import annotations

from .base import Noun


class BriefSection(Noun):
    """One part of a brief: a heading, lines, and where each line came from."""

    title: str
    lines: tuple[str, ...]
    sources: tuple[str, ...]  # ids: export keys, decision, message, handoff ids


class Brief(Noun):
    """The enhanced instruction a session receives."""

    session_id: str
    instruction: str
    sections: tuple[BriefSection, ...]
    text: str  # the whole, as the agent reads it
    tokens: int  # estimated, see verbs.tokens
    left_out: tuple[str, ...] = ()  # source ids that were relevant and did not fit
    messages: tuple[str, ...] = ()  # ids of the messages it carries
