"""The hook that Claude Code asks before it edits, as a part of its settings. It refuses when it cannot ask.

``PreToolUse`` holds in every permission mode. A hook of the type ``http`` lets the edit pass when its endpoint does not answer, and so
does a command that exits with anything but 0 or 2, or takes longer than its timeout: hence a command, and a shell around it that turns
every other end into 2.
"""

from __future__ import annotations

import shlex
import sys
from pathlib import Path
from urllib.parse import urlsplit

from orchestrator.boundaries.agents.protocol import McpEndpoint

TOOLS = "Edit|Write|MultiEdit|NotebookEdit|Bash"
SECONDS = 30
"""Longer than the script waits for all that it does."""
SCRIPT = Path(__file__).with_name("edit_hook.py")
SAID = "LOCKED: the check of this edit did not run. Nothing is edited that cannot be checked: try again in a while, or end and say so."


def edit_hooks(endpoint: McpEndpoint | None) -> dict[str, object]:
    """The part ``hooks`` of the settings; nothing when no engine serves the run."""
    if endpoint is None:
        return {}
    hook = {"type": "command", "command": command(urlsplit(endpoint.url).port or 0), "timeout": SECONDS}
    return {"hooks": {"PreToolUse": [{"matcher": TOOLS, "hooks": [hook]}]}}


def command(port: int) -> str:
    """For a POSIX shell."""
    script = shlex.join([sys.executable, "-I", "-S", "-E", str(SCRIPT), str(port)])
    return f"{script} || {{ [ $? -eq 2 ] || echo {shlex.quote(SAID)} >&2; exit 2; }}"
