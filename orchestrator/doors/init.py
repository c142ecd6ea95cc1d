"""``televibe init``: make a repository known, and give it a configuration file. Idempotent; commits nothing."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from textwrap import indent

from orchestrator.boundaries.config import FILE, load_policy, write_atomically
from orchestrator.boundaries.git.driver import ATTRIBUTE, DRIVER, driver_command, install_merge_driver
from orchestrator.boundaries.git.journal import Journal
from orchestrator.boundaries.git.repository import Repository
from orchestrator.boundaries.git.run import require_git
from orchestrator.boundaries.home import Home
from orchestrator.boundaries.starter_config import starter_config
from orchestrator.boundaries.store.protocol import Store
from orchestrator.boundaries.store.sql import open_store
from orchestrator.doors.output import Out, Tone
from orchestrator.nouns.errors import ConfigError, NotReady
from orchestrator.nouns.event import EventKind, NewEvent
from orchestrator.nouns.policy import Policy
from orchestrator.nouns.session import Project
from orchestrator.verbs.agent_kinds import check_agent_kind
from orchestrator.verbs.checks import detect_checks
from orchestrator.verbs.preflight import preflight

READ_BYTES = 1_000_000
COMMIT = f'git add {FILE} && git commit -m "Set up TeleVibe"'


@dataclass(frozen=True)
class Found:
    """What init did (``wrote``, ``registered``) and what there is now."""

    project: Project
    policy: Policy
    wrote: str  # the text of the configuration file, empty when there was one
    registered: bool
    driver: bool  # the merge driver of the context file was installed just now
    uncommitted: bool  # the configuration file is not committed yet
    home: Path


async def init(repo: Path, out: Out, *, agent: str | None, as_json: bool) -> int:
    """Check, write the configuration if there is none, register the project; say what was done and what was found."""
    wanted = check_agent_kind(agent) if agent else None
    await require_git()
    home = Home.find().ready()
    git = await Repository.open(str(repo), Journal(home.git_log))
    state = await git.state()
    preflight(state, allow_dirty=True)
    root = Path(git.root)
    store = await open_store(home.database_url)  # before anything is written: a home that cannot be used changes nothing
    try:
        text = "" if (root / FILE).exists() else await _starter(git, wanted or Policy().agent, state.branch or "")
        policy = _written(root, text)
        branch = policy.default_branch or state.branch or ""
        if await git.resolve(f"refs/heads/{branch}") is None:
            raise ConfigError(f"{root / FILE}: default_branch: there is no branch {branch}", "name one that exists")
        project, registered = await register(store, str(root), branch)
        driver = policy.context_file and await install_merge_driver(str(root), Journal(home.git_log))
    finally:
        await store.close()
    uncommitted = any(change.path == FILE for change in await git.changes(git.root))
    found = Found(project, policy, text, registered, driver, uncommitted, home.path)
    if as_json:
        out.document(_document(found))
    else:
        _print(out, found, wanted)
    return 0


async def _starter(git: Repository, agent: str, branch: str) -> str:
    """The configuration file of a repository that has none, with the checks that its committed files suggest."""
    root = Path(git.root)

    def read(name: str) -> str | None:
        try:
            with (root / name).open("rb") as file:
                return file.read(READ_BYTES).decode(errors="replace")
        except OSError:
            return None

    return starter_config(agent, branch, detect_checks(await git.files("HEAD"), read))


def _written(root: Path, text: str) -> Policy:
    """Write the configuration, if there is any to write, and read what is there."""
    if text:
        try:
            write_atomically(root / FILE, text)
        except (PermissionError, NotADirectoryError, FileExistsError) as error:
            raise NotReady(f"{root / FILE} cannot be written: {error.strerror}", "check the directory's owner and mode") from error
    policy = load_policy(root)
    check_agent_kind(policy.agent)
    return policy


async def register(store: Store, root: str, branch: str) -> tuple[Project, bool]:
    """The project at ``root``, and whether it was new. A default branch that changed in the configuration is taken over."""
    async with store.writing() as tx:
        known = await tx.project_at(root)
        if known is not None and known.default_branch == branch:
            return known, False
        text = f"{root} lands on {branch}"
        if known is None:
            project = Project(id=await tx.next_id("P"), root=root, default_branch=branch, created_at=datetime.now(UTC))
        else:
            project = known.model_copy(update={"default_branch": branch})
            text += f", no longer on {known.default_branch}"
        await tx.put(project)
        await tx.record(NewEvent(kind=EventKind.project_registered, project_id=project.id, text=text))
        return project, known is None


def _document(found: Found) -> dict[str, object]:
    return {
        "project": found.project.id,
        "root": found.project.root,
        "default_branch": found.project.default_branch,
        "home": str(found.home),
        "config": FILE,
        "wrote_config": bool(found.wrote),
        "registered": found.registered,
        "installed_merge_driver": found.driver,
        "agent": found.policy.agent,
        "checks": list(found.policy.checks),
        "commit": COMMIT if found.uncommitted else None,
    }


def _print(out: Out, found: Found, wanted: str | None) -> None:
    project, policy = found.project, found.policy
    if found.wrote:
        out.line(f"wrote {FILE}:", Tone.good)
        out.line(indent(found.wrote, "  ").rstrip(), Tone.quiet)
    else:
        out.line(f"kept {FILE} as it is")
        if wanted and wanted != policy.agent:
            out.line(f"  it says agent: {policy.agent}; edit it to use {wanted}", Tone.warn)
    known = "registered" if found.registered else "known already:"
    out.line(f"{known} {project.root} as {project.id}; finished work lands on {project.default_branch}", Tone.good)
    if found.driver:
        out.line(f"installed a merge driver: branches that add to the context file do not conflict ({DRIVER}):", Tone.good)
        out.line(f"  .git/info/attributes: {ATTRIBUTE}\n  .git/config: driver = {driver_command()}", Tone.quiet)
    if not policy.checks:
        out.line("no checks: work lands without being tested — name a command under `checks:`", Tone.warn)
    if found.uncommitted:
        out.line(f"commit it, so that every session has it: {COMMIT}")
    out.line('next: televibe doctor, then televibe goal "…"')
