"""The words of a tool call: what is taken, and the one line that says what is not."""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import AfterValidator, Field, StringConstraints, ValidationError

from orchestrator.nouns.base import Noun

TEXT_CHARS = 4000
"""Longest text of one call. More is a file: commit it and name it."""

_UNSAFE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
"""Control characters but tab and newline, what turns the direction of text (CVE-2021-42574), and halves of characters."""


def _plain(text: str) -> str:
    if bad := _UNSAFE.search(text):
        raise ValueError(f"contains U+{ord(bad[0]):04X}, a control character; write plain text")
    return text


Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=TEXT_CHARS), AfterValidator(_plain)]
MaybeText = Annotated[str, StringConstraints(strip_whitespace=True, max_length=TEXT_CHARS), AfterValidator(_plain)]
Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=300), AfterValidator(_plain)]
MaybeName = Annotated[str, StringConstraints(strip_whitespace=True, max_length=300), AfterValidator(_plain)]
SessionId = Annotated[str, Field(pattern=r"^S[1-9][0-9]{0,8}$", examples=["S12"])]
MessageId = Annotated[str, Field(pattern=r"^M[1-9][0-9]{0,8}$", examples=["M7"])]
RequestId = Annotated[str, Field(pattern=r"^R[1-9][0-9]{0,8}$", examples=["R3"])]
TodoId = Annotated[str, Field(pattern=r"^O[1-9][0-9]{0,8}$", examples=["O4"])]

Claim = Annotated[str | None, Field(default=None, max_length=40, description="Yourself; may be left out. It proves nothing.")]
"""A ``session_id`` or ``from_session`` parameter: refused when it is not the caller, who is known from the token."""


class Asked(Noun):
    """Arguments of a tool. ``claims`` are the parameters that say who calls or in which project."""

    def claims(self) -> dict[str, str]:
        """Parameter → what it claims, for those that were given."""
        named = {name: getattr(self, name, None) for name in ("session_id", "from_session", "project_id")}
        return {name: value for name, value in named.items() if value is not None}


class BySession(Asked):
    """Arguments of a tool that takes ``session_id``, as the specification writes it."""

    session_id: Claim = None


class FromSession(Asked):
    """Arguments of a tool that takes ``from_session``, as the specification writes it."""

    from_session: Claim = None


def why_not(error: ValidationError) -> str:
    """One line: which parameter, what is wrong with it; never the value, which may be huge or hostile."""
    lines = []
    for found in error.errors(include_url=False, include_input=False)[:4]:
        where = ".".join(str(part) for part in found["loc"]) or "the arguments"
        said = "is not a parameter of this tool" if found["type"] == "extra_forbidden" else found["msg"].removeprefix("Value error, ")
        lines.append(f"{where[:80]}: {said}")
    return "; ".join(lines)
