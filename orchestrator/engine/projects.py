"""Opening what one project needs: its policy, roles, git, index and model, as the machine's Deps."""

from __future__ import annotations

import logging
import os
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path

from graphs.state import Deps
from orchestrator.boundaries.agents.protocol import Agent, Availability
from orchestrator.boundaries.agents.scripted import ScriptedAgent
from orchestrator.boundaries.config import load_policy
from orchestrator.boundaries.git.journal import Journal
from orchestrator.boundaries.git.repository import Repository
from orchestrator.boundaries.home import Home
from orchestrator.boundaries.index.lexical import LexicalIndex
from orchestrator.boundaries.index.open import open_index
from orchestrator.boundaries.index.protocol import Index
from orchestrator.boundaries.model.open import open_model
from orchestrator.boundaries.store.protocol import Store
from orchestrator.engine.reindex import fill_index
from orchestrator.nouns.errors import ConfigError, TeleVibeError, Unknown
from orchestrator.nouns.policy import Policy
from orchestrator.nouns.session import Project
from orchestrator.verbs.agent_kinds import AGENT_KINDS
from orchestrator.verbs.roles import role_table

log = logging.getLogger("televibe.engine")


async def if_it_opens(opening: Callable[[str], Awaitable[Deps]], project_id: str) -> Deps | None:
    """The project; None, with a line in the log, when it cannot be opened now: one that is broken stops none of the others."""
    try:
        return await opening(project_id)
    except TeleVibeError as error:
        log.warning("action=project_not_opened project=%s error=%s", project_id, error.line())
        return None


async def open_project(home: Home, store: Store, project: Project, *, owner: bool, environ: Mapping[str, str] | None = None) -> Deps:
    """The live objects of ``project``. ``owner``: this process runs the engine, and owns the vector index; any other process
    works with the lexical ranker over the same documents. The default branch is the one that the policy names now, whatever
    ``televibe init`` found."""
    policy = load_policy(Path(project.root))
    project = project.model_copy(update={"default_branch": policy.default_branch or project.default_branch})
    index: Index = await open_index(home.index_dir, project.id) if owner else LexicalIndex()
    await fill_index(index, store, project.id)

    async def hindrance(kind: str) -> str:
        if kind not in usable:
            found = await availability(kind, deps)
            if not found.installed:
                return found.detail
            usable.add(kind)  # looking costs a process; what is installed stays so, what is not may be any time
        return ""

    usable: set[str] = set()
    deps = Deps(
        project=project,
        policy=policy,
        roles=role_table(policy.roles),
        home=home,
        store=store,
        git=await Repository.open(project.root, recorder=Journal(home.git_log)),
        index=index,
        model=open_model(policy.model, environ if environ is not None else os.environ),
        hindrance=hindrance,
    )
    return deps


async def availability(kind: str, deps: Deps) -> Availability:
    """Whether agents of a kind can work on this machine, for this project."""
    try:
        return await agent_of(kind, deps).available()
    except TeleVibeError as error:
        return Availability(kind=kind, installed=False, detail=str(error), remedy=error.remedy)


def agent_of(kind: str, deps: Deps) -> Agent:
    """The agent of a kind, for one project."""
    match kind:
        case "claude":
            from orchestrator.boundaries.agents.claude import ClaudeAgent  # only for those who use it

            return ClaudeAgent(deps.policy.claude, deps.policy.limits)
        case "scripted":
            git = deps.git
            return ScriptedAgent(_script(deps.policy, deps.project), deps.policy.limits, git.commit_all, git.last_message)
        case _:
            raise Unknown(f"there is no agent kind {kind!r}", f"kinds: {', '.join(AGENT_KINDS)}")


def _script(policy: Policy, project: Project) -> Path:
    if not policy.scripted.script:
        raise ConfigError("the scripted agent has no script", "set scripted.script in .televibe/config.yaml")
    return Path(project.root) / policy.scripted.script
