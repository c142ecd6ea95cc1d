"""``televibe gc``: what nobody needs any more is shown; it is removed when the user says so."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

from orchestrator.boundaries.home import Home
from orchestrator.doors.output import Out, Tone
from orchestrator.engine.sweep import carry_out, look
from orchestrator.engine.workplace import workplace
from orchestrator.nouns.errors import UsageError
from orchestrator.nouns.sweep import Swept
from orchestrator.verbs.grammar import counted

_AGE = re.compile(r"(\d{1,5})\s*([dhw]?)")
_HOURS = {"h": 1, "d": 24, "w": 24 * 7, "": 24}


def age_of(text: str) -> timedelta:
    """``30d``, ``12h``, ``2w``; a number alone is days."""
    found = _AGE.fullmatch(text.strip().lower())
    if found is None:
        raise UsageError(f"{text[:40]!r} is no age", "e.g. 30d, 12h or 2w")
    return timedelta(hours=int(found[1]) * _HOURS[found[2]])


async def collect(repo: Path, out: Out, *, older_than: str, really: bool, as_json: bool) -> int:
    """Show what would go and what stays; with ``really``, remove it. 1 if something could not be removed."""
    age = age_of(older_than)
    async with workplace(Home.find(), repo, engine=False) as place:
        found = await look(place.deps, age)
        gone = await carry_out(place.deps, found) if really else []
    failed = [one for one in gone if not one.removed]
    going, staying = [one for one in found if one.removed], [one for one in found if not one.removed]
    if as_json:
        removed = [one for one in gone if one.removed]
        out.document({"dry_run": not really, "remove": _rows(going), "removed": _rows(removed), "kept": _rows([*staying, *failed])})
    else:
        _print(out, gone if really else going, staying, really=really)
    return 1 if failed else 0


def _rows(swept: Sequence[Swept]) -> list[dict[str, Any]]:
    return [{**one.leftover.model_dump(mode="json", include={"litter", "name", "commit", "since"}), "why": one.why} for one in swept]


def _print(out: Out, going: Sequence[Swept], staying: Sequence[Swept], *, really: bool) -> None:
    for one in staying:
        out.line(f"keep    {one.leftover.litter.value:<8} {one.leftover.name}: {one.why}", Tone.quiet)
    for one in going:
        word = "remove " if not really else "removed" if one.removed else "left   "
        out.line(f"{word} {one.leftover.litter.value:<8} {one.leftover.name}: {one.why}", Tone.plain if one.removed else Tone.warn)
    if not going:
        out.line("there is nothing to remove")
    elif not really:
        out.line(f"nothing was removed yet; `televibe gc --yes` removes {counted(len(going), 'leftover')}")
