"""How Claude Code is started: where it is, its arguments, its environment. Nothing here imports the SDK."""

from __future__ import annotations

import importlib.util
import json
import os
import shlex
import shutil
import sys
from collections.abc import Mapping
from pathlib import Path
from uuid import NAMESPACE_URL, UUID, uuid5

from orchestrator.boundaries.agents.claude_hooks import edit_hooks
from orchestrator.boundaries.agents.claude_roles import MCP_SERVER, Permissions
from orchestrator.boundaries.agents.claude_words import ground_rules
from orchestrator.boundaries.agents.protocol import AgentOrder
from orchestrator.nouns.errors import AgentError
from orchestrator.nouns.policy import ClaudePolicy

SDK = "claude-agent-sdk>=0.2.187"
"""What the ``claude`` extra names; older ones lack options that are used here."""
INSTALL = f"{shlex.quote(sys.executable)} -m pip install '{SDK}'"
"""For the interpreter that runs: an extra of ``televibe`` can only be installed where televibe came from an index."""
QUIET = {
    "CLAUDE_CODE_DISABLE_AUTO_MEMORY": "1",
    "CLAUDE_CODE_DISABLE_BACKGROUND_TASKS": "1",  # a run ends with its turn: what goes on in the background would be killed
    "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "1",
    "CLAUDE_CODE_ENTRYPOINT": "sdk-py",
    "DISABLE_AUTOUPDATER": "1",
    "DISABLE_ERROR_REPORTING": "1",
    "DISABLE_TELEMETRY": "1",
}
NOT_INHERITED = frozenset(
    {
        "CLAUDECODE",
        "CLAUDE_CODE_CHILD_SESSION",
        "CLAUDE_CODE_SESSION_ID",
        "CLAUDE_CODE_SSE_PORT",
        "GIT_COMMON_DIR",
        "GIT_DIR",
        "GIT_INDEX_FILE",
        "GIT_OBJECT_DIRECTORY",
        "GIT_PREFIX",
        "GIT_WORK_TREE",
        "TELEVIBE_MCP_URL",
        "TELEVIBE_TOKEN",
    }
)
"""Of a Claude Code, a session or a git hook that TeleVibe itself may have been started from: it would be taken for part of them."""
TOKEN = "TELEVIBE_TOKEN"
"""The variable that holds a session's token."""


def find_cli(policy: ClaudePolicy) -> str:
    """The executable: ``claude.path``, or the one the SDK brings, or ``claude`` on the PATH. ``AgentError`` if there is none."""
    if policy.path is not None:
        path = Path(policy.path).expanduser()
        if not os.access(path, os.X_OK) or path.is_dir():
            raise AgentError(f"there is no executable {path} (claude.path)", "correct claude.path, or leave it out")
        return str(path)
    spec = importlib.util.find_spec("claude_agent_sdk")
    bundled = Path(spec.origin).parent / "_bundled" / "claude" if spec is not None and spec.origin else None
    if bundled is not None and os.access(bundled, os.X_OK):
        return str(bundled)
    on_path = shutil.which("claude")
    if on_path is None:
        raise AgentError("Claude Code is not installed", INSTALL)
    return on_path


def config_dir(order: AgentOrder) -> Path:
    """The session's own CLAUDE_CONFIG_DIR."""
    return Path(order.home, "claude")


def conversation_id(order: AgentOrder) -> str:
    """The session's conversation: the known one, or a UUID that follows from the session's home, so that it can be found
    again when a run was cut off before its id was stored."""
    try:
        return str(UUID(order.conversation))
    except ValueError:
        return str(uuid5(NAMESPACE_URL, f"televibe:{order.home}:{order.session_id}"))


def has_transcript(order: AgentOrder, conversation: str) -> bool:
    """Whether Claude Code can resume it: with ``--session-id`` it refuses a known id, with ``--resume`` an unknown one."""
    return any(config_dir(order).glob(f"projects/*/{conversation}.jsonl"))


def arguments(cli: str, order: AgentOrder, policy: ClaudePolicy, rights: Permissions) -> list[str]:
    """The command line; values that could begin with a dash are bound with ``=``."""
    conversation = conversation_id(order)
    resume = has_transcript(order, conversation)
    rules = {"permissions": {"allow": rights.allow, "deny": rights.deny, "defaultMode": rights.mode}, **edit_hooks(order.mcp)}
    argv = [cli, "--output-format", "stream-json", "--input-format", "stream-json", "--verbose"]
    argv += [f"--{'resume' if resume else 'session-id'}={conversation}"]
    argv += ["--append-system-prompt", ground_rules(order.role, order.branch)]
    argv += ["--permission-mode", rights.mode, "--permission-prompts", "none"]
    argv += ["--tools", ",".join(rights.tools), "--settings", json.dumps(rules)]
    argv += ["--setting-sources=", "--strict-mcp-config"]
    argv += ["--mcp-config", json.dumps({"mcpServers": _servers(order)})]
    argv += ["--max-turns", str(policy.max_turns)]
    if order.budget_usd is not None:
        argv += ["--max-budget-usd", f"{order.budget_usd:.6f}"]
    if policy.model:
        argv += [f"--model={policy.model}"]
    return argv


def _servers(order: AgentOrder) -> dict[str, object]:
    """Our server. Claude Code takes the token out of its environment: everybody may see a command line."""
    if order.mcp is None:
        return {}
    return {MCP_SERVER: {"type": "http", "url": order.mcp.url, "headers": {"Authorization": f"Bearer ${{{TOKEN}}}"}}}


def environment(order: AgentOrder, policy: ClaudePolicy, extra: Mapping[str, str]) -> dict[str, str]:
    """What the process sees: ours, the policy's, and what this run cannot do without. The configuration is the session's own;
    the login stays the user's (``CLAUDE_SECURESTORAGE_CONFIG_DIR``: empty means Claude Code's default place)."""
    inherited = {name: value for name, value in os.environ.items() if name not in NOT_INHERITED}
    login = inherited.get("CLAUDE_SECURESTORAGE_CONFIG_DIR", inherited.get("CLAUDE_CONFIG_DIR", ""))
    own = {"CLAUDE_CONFIG_DIR": str(config_dir(order)), "CLAUDE_SECURESTORAGE_CONFIG_DIR": login, "PWD": order.worktree}
    if order.mcp is not None:
        own |= {TOKEN: order.mcp.token, **_without_proxy({**inherited, **policy.env, **extra})}
    return {**order.env, **inherited, **QUIET, **policy.env, **extra, **own}


def _without_proxy(env: Mapping[str, str]) -> dict[str, str]:
    """Our server is on this machine: a proxy, if there is one, could not reach it, and is not to see the token."""
    if not any(name.lower() in {"http_proxy", "https_proxy", "all_proxy"} for name in env):
        return {}
    return {name: ",".join(filter(None, (env.get(name, ""), "127.0.0.1"))) for name in ("NO_PROXY", "no_proxy")}
