"""What Claude Code is told besides the brief: its place and the ground rules, and how to go on after a run that was cut off. Pure."""

from __future__ import annotations

from orchestrator.boundaries.agents.protocol import AgentOrder
from orchestrator.nouns.session import Role
from orchestrator.verbs.rights import may_change

CUT_OFF = """\
An earlier run of the instruction below was cut off before it ended, possibly in the middle of an edit. Look first at what is done \
already (`git status`, `git log`, `git diff`) and go on from there: do not repeat what is committed, finish or take back what \
is half done.

"""


def ground_rules(role: Role, branch: str) -> str:
    """The text appended to Claude Code's system prompt. It is recorded at the conversation's first run, so it must not vary
    from job to job: what does belongs in the brief."""
    return f"""\
# Your place
You are one of several coding sessions that work on this repository at the same time, each in a git worktree of its own. Yours is \
the current directory, on branch `{branch}`. Your role: {role.name} ({role.description}).

# Ground rules
- {_writing(role)}
- Stay in this directory and on this branch: no push, no other worktrees, no switching of branches.
- Nobody sits in front of you. What is not permitted is denied at once: do not work around it, say so in your last message.
- Use the {_TOOLS}.
- If only the user can decide something, call `ask_user` and end your turn: the answer comes as your next instruction.
- End with a few sentences: what you did, what the others need to know, what is left.
{_profile(role)}"""


_TOOLS = "`mcp__televibe__…` tools to record decisions and to write to other sessions; there is no other channel to them"


def _writing(role: Role) -> str:
    if not may_change(role):
        return "You read and judge. Change no file and make no commit."
    scope = "" if "**" in role.writes else f"You may change only {', '.join(f'`{glob}`' for glob in role.writes)}. "
    return f"{scope}Commit what you made with git before you end: small commits, messages that say why. Only commits count."


def _profile(role: Role) -> str:
    return f"\n# How you work\n{role.profile}\n" if role.profile else ""


def instruction(order: AgentOrder) -> str:
    """The user message: the brief, preceded by how to go on when this is not the first attempt at it."""
    return CUT_OFF + order.instruction if order.attempt > 1 else order.instruction
