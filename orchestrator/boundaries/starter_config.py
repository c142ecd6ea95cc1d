"""The settings file that ``televibe init`` writes for a repository that has none."""

from __future__ import annotations

import json
from collections.abc import Sequence

from orchestrator.nouns.policy import Policy


def starter_config(agent: str, default_branch: str, checks: Sequence[str]) -> str:
    """The file that ``televibe init`` writes: what was found out, and the other settings with their defaults as comments."""
    policy = Policy()
    listed = "".join(f"\n  - {_quoted(one)}" for one in checks) or " []"
    return f"""\
# TeleVibe's settings for this repository; meant to be committed.
# A line such as "#check_minutes: 20" shows a default: remove its # to change it.
version: 1

# The coding agent of new sessions: claude (Claude Code), or scripted, which does what a script of yours says.
agent: {_quoted(agent)}
#scripted:
#  script: {_quoted(policy.scripted.script)}

# The branch that finished work lands on.
default_branch: {_quoted(default_branch)}

# Shell commands, run in a worktree of their own with the merged work. All must succeed before it lands.
# Without any it lands unchecked.
checks:{listed}
#check_minutes: {policy.check_minutes:g}

# When every task of a goal is done. auto: checks, then the default branch moves on. never: what was checked is kept under
# refs/televibe/landing/<goal>.
landing: {policy.landing.value}

# How branches land, one on top of the other. While few fail, up to batch of them are checked as one; parallel_checks run at
# once (left out: as many as there are cores); sensitive is a list of globs that need your word beside what agents, hooks and
# CI execute; push is a remote that gets the default branch after each landing. Only checks that are committed there count.
#merge:
#  batch: {policy.merge.batch}
#  push: {_quoted(policy.merge.push)}

# Run the checks on work that is handed on, too: whoever gets it reads how they ended.
#handoff_checks: {str(policy.handoff_checks).lower()}

# When the default branch moved, branches of idle sessions are brought up to it. rebase: those that others have are merged
# instead; merge; notify: their sessions are only told, and televibe sync does it.
#keep_up: {policy.keep_up.value}

# The default branch can follow a remote, fetched so often (0 minutes: only when a webhook says so) and forwarded where
# nothing is in the way. That is the key follow, such as {{remote: origin, minutes: 5}}; left out, it follows none.

# Branches of sessions are named <prefix>S12-….
#branch_prefix: {_quoted(policy.branch_prefix)}

#limits:
#  parallel_jobs: {policy.limits.parallel_jobs}
#  job_minutes: {policy.limits.job_minutes:g}
#  silence_seconds: {policy.limits.silence_seconds:g}
#  output_megabytes: {policy.limits.output_megabytes:g}
#  task_attempts: {policy.limits.task_attempts}

# Branches of teams are named <prefix><team>, those of their members <prefix><team>--<role>.
#team_prefix: {_quoted(policy.team_prefix)}

# Roles beside the built-in ones, or (by name) instead of them, are a list under the key roles, such as
# [{{name: writer, description: Writes documentation, allowed_actions: [write_docs], task_types: [docs], writes: ["docs/**"]}}]

# US dollars, agents and model together.
#budget:
#  goal_usd: {policy.budget.goal_usd:g}
#  day_usd: {policy.budget.day_usd:g}

# Decisions are made by rules. cascade: a model is asked where they are unsure; deterministic: never; model: always.
# The key is ANTHROPIC_API_KEY in the environment; without one the rules decide.
#model:
#  policy: {policy.model.policy.value}
#  small: {policy.model.small}
#  large: {policy.model.large}
#  timeout_seconds: {policy.model.timeout_seconds:g}

# How much context of the other sessions an instruction may carry.
#brief:
#  tokens: {policy.brief.tokens}

# Keep .televibe/context.yaml: what the sessions offer, have decided and leave for each other. It lands with the work.
#context_file: {str(policy.context_file).lower()}

# How much sessions learn of each other. coordinated: interfaces, decisions, todos, who works on what; independent: what is
# meant for them; hierarchical: also who works for whom.
#topology: {policy.topology.value}

# How much sessions may say to each other.
#talk:
#  message_hours: {policy.talk.message_hours:g}  # then it expires, and its sender is told
#  request_hours: {policy.talk.request_hours:g}
#  sessions_for_requests: {policy.talk.sessions_for_requests}  # of one role, up to which another is made when none is free
#  hops: {policy.talk.hops}  # a message that so many woken sessions led to wakes nobody any more
#  messages_per_minute: {policy.talk.messages_per_minute}
#  calls_per_minute: {policy.talk.calls_per_minute}

# What a session with the role orchestrator may have its children do.
#hierarchy:
#  depth: {policy.hierarchy.depth}  # children of children …
#  children: {policy.hierarchy.children}  # of one parent
#  tokens: {policy.hierarchy.tokens}  # of all below one parent
#  usd: {policy.hierarchy.usd:g}  # of all below one parent

# What happens when branches collide. first_come: what lands first stands; integrator: one session or role lands; ownership:
# files have owners; locks: a file is edited by whoever holds its lease. `televibe strategy` and `televibe owners` change it at
# run time. Other strategies for some files are a list under paths, such as [{{glob: "db/**", strategy: locks}}]; owners are
# under owners, such as {{"src/auth/**": S2, Makefile: null}} (a session, team or role; null: shared, edited under a lease).
#conflicts:
#  strategy: {policy.conflicts.strategy.value}
#  integrator: {policy.conflicts.integrator}
#  outside: {policy.conflicts.outside.value}  # or request: an edit of what somebody else owns is refused, and its owner asked
#  lease_minutes: {policy.conflicts.lease_minutes:g}
#  radar: {str(policy.conflicts.radar).lower()}  # live branches are compared while an engine runs
#  snapshots: {str(policy.conflicts.snapshots).lower()}  # so is work that is not committed yet
#  serialise_above: {policy.conflicts.serialise_above:g}  # tasks of a plan that collide with such a chance wait for each other
"""


def _quoted(text: str) -> str:
    """A YAML 1.2 double-quoted text on one line; JSON is a subset of it."""
    return json.dumps(text, ensure_ascii=False)
