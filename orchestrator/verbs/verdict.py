"""A verdict in words: how an agent without our tools says what it thinks of the work that it was given."""

from __future__ import annotations

import re

from orchestrator.nouns.flow import Verdict

SAID = re.compile(
    r"^[ \t*_#>-]*verdict[ \t*_]*[:=][ \t*_]*(approved?|changes[ _-]wanted|refused?)\b[ \t*_.]*[-—–:]?[ \t*_]*(.*)$", re.I | re.M
)
"""One line: what is below it is the reason, if the line gives none."""


def verdict_of(words: str) -> tuple[Verdict, str] | None:
    """The last line ``Verdict: changes wanted — why`` of a text; the reason may also follow on the lines below it."""
    found = list(SAID.finditer(words))
    if not found:
        return None
    last = found[-1]
    spoken = last[1].lower()
    verdict = Verdict.approved if spoken.startswith("app") else Verdict.refused if spoken.startswith("ref") else Verdict.changes_wanted
    reason = last[2].strip() or words[last.end() :].strip() or words[: last.start()].strip()
    return verdict, reason
