"""``televibe conflicts``: a survey of a repository's branches, printed once or whenever something changed."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from graphs.radar import Survey, Surveys
from graphs.radar_heads import Asked, Heads, heads_of
from graphs.radar_verify import Verified, verified
from graphs.semantic import memory_kept_in, semantics
from orchestrator.boundaries.checks import CheckResult
from orchestrator.boundaries.config import load_policy
from orchestrator.boundaries.git.radar import QuarantinedRadar, open_radar
from orchestrator.boundaries.git.run import require_git
from orchestrator.boundaries.home import Home
from orchestrator.doors.conflicts_known import Known, known
from orchestrator.doors.conflicts_view import document, print_survey
from orchestrator.doors.output import Out
from orchestrator.doors.waiting import Waiting
from orchestrator.nouns.errors import UsageError

LOOK_SECONDS = 1.0
CLEAR = "\x1b[H\x1b[2J"


@dataclass(frozen=True)
class Wanted:
    """What the command line asked for."""

    asked: Asked
    semantic: bool = True
    verify: bool = False
    checks: tuple[str, ...] = ()  # empty: the project's own
    exit_code: bool = False


@dataclass
class View:
    """One repository that is looked at, once or often."""

    radar: QuarantinedRadar
    wanted: Wanted
    waiting: Waiting
    surveys: Surveys
    checked: dict[str, CheckResult] = field(default_factory=dict)  # by tree or commit: nothing is checked twice

    async def look(self) -> tuple[Heads, Survey]:
        heads = await heads_of(self.radar, self.wanted.asked)
        return heads, await self.surveys.of(heads.commits, heads.base_commit)

    async def verify(self, heads: Heads, survey: Survey) -> list[Verified]:
        if not self.wanted.verify:
            return []
        commands, minutes = _checks(self.radar, self.wanted)
        return await verified(self.radar, heads, survey, commands, minutes * 60, self.checked, self.waiting.checking)


async def show_conflicts(repo: Path, wanted: Wanted, out: Out, *, as_json: bool) -> int:
    """Print what collides. 0; with ``exit_code`` 1 if anything does."""
    async with open_radar(str(repo)) as radar:
        view = await _view(radar, wanted)
        async with view.waiting:
            heads, survey = await view.look()
            checks = await view.verify(heads, survey)
    _show(out, heads, survey, checks, await known(repo), as_json=as_json)
    collide = bool(survey.findings) or any(not one.ok for one in checks)
    return 1 if wanted.exit_code and collide else 0


async def watch_conflicts(repo: Path, wanted: Wanted, out: Out, *, as_json: bool) -> int:
    """Print it again whenever it is another one, until the user stops it."""
    shown: object = None
    async with open_radar(str(repo)) as radar:
        view = await _view(radar, wanted)
        while True:
            async with view.waiting:
                heads, survey = await view.look()
            if heads != shown:
                shown = heads
                checks, told = await view.verify(heads, survey), await known(repo)
                if out.terminal and not as_json:
                    out.write(CLEAR)
                if as_json:
                    out.json_line(document(heads, survey, checks, told))
                else:
                    _show(out, heads, survey, checks, told, as_json=False)
                    out.line("looking again when a branch or a worktree changes; Ctrl-C ends it")
            await asyncio.sleep(LOOK_SECONDS)


async def _view(radar: QuarantinedRadar, wanted: Wanted) -> View:
    await require_git()
    waiting = Waiting()
    home = Home.find()  # what was read is kept there, if there is one: a repository that is no project leaves nothing behind
    semantic = partial(semantics, memory=memory_kept_in(home.facts) if home.path.is_dir() else None)
    return View(radar, wanted, waiting, Surveys(radar, semantic if wanted.semantic else None, waiting.comparing))


def _show(out: Out, heads: Heads, survey: Survey, checks: Sequence[Verified], told: Known, *, as_json: bool) -> None:
    if as_json:
        out.document(document(heads, survey, checks, told))
    else:
        print_survey(out, heads, survey, checks, told)


def _checks(radar: QuarantinedRadar, wanted: Wanted) -> tuple[tuple[str, ...], float]:
    """Commands, and minutes for each."""
    policy = load_policy(Path(radar.origin.root))
    commands = wanted.checks or policy.checks
    if not commands:
        raise UsageError("there are no checks to verify with", "put checks: into .televibe/config.yaml, or pass --check 'make test'")
    return commands, policy.check_minutes
