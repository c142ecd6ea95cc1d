"""A script: what a scripted agent does, step by step, for which role and which words; the values, and how a run picks one."""

from __future__ import annotations

import hashlib
import re
from typing import Annotated, Any

from pydantic import AfterValidator, Field

from orchestrator.nouns.base import Noun

MARK = re.compile(r"\{\{ *last *\}\}")
"""Where ``say``, ``ask`` and ``finish`` show what the last ``tool`` or ``run`` gave back."""


def _inside(path: str) -> str:
    """A worktree-relative path. Symbolic links are looked at when the path is used."""
    parts = path.split("/")
    if not path or path.startswith("/") or "\\" in path or "\0" in path or {"", ".", ".."} & set(parts):
        raise ValueError("must be a path inside the worktree, such as src/shop/cart.py")
    if ".git" in {part.lower() for part in parts}:
        raise ValueError("must not be inside .git")
    return path


Path = Annotated[str, AfterValidator(_inside)]
Text = Annotated[str, Field(min_length=1)]


class Say(Noun):
    """Write a text."""

    text: Text


class Edit(Noun):
    """Write a whole file. ``force`` here and below: even where the role must not write (to test who stops it then)."""

    path: Path
    content: str
    force: bool = False


class Replace(Noun):
    """Replace the one place where ``old`` is."""

    path: Path
    old: Text
    new: str
    force: bool = False


class Append(Noun):
    """Add to the end of a file, which is created if need be."""

    path: Path
    content: Text
    force: bool = False


class Delete(Noun):
    """Remove a file."""

    path: Path
    force: bool = False


class Commit(Noun):
    """Commit everything in the worktree."""

    message: Text


class Tool(Noun):
    """Call one of our coordination tools; with ``until``, again and again until its answer has that text, or until ``seconds`` are
    over, which is no failure: an agent goes on with what it knows."""

    name: Text
    arguments: dict[str, Any] = {}
    until: str = ""
    seconds: float = Field(default=20.0, gt=0, le=600)


class Run(Noun):
    """Run a real process in the worktree: a line for the shell, or a list of arguments. It must exit with 0."""

    command: Text | Annotated[list[Text], Field(min_length=1)]


class Pause(Noun):
    """Do nothing for a while, as an agent that thinks."""

    seconds: float = Field(ge=0, le=86_400)


class Cost(Noun):
    """What the work since the last ``cost`` used."""

    usd: float = Field(default=0.0, ge=0)
    tokens_in: int = Field(default=0, ge=0)
    tokens_out: int = Field(default=0, ge=0)


class Flood(Noun):
    """Write a lot of output."""

    megabytes: float = Field(gt=0, le=10_000)


class Hang(Noun):
    """Wait for ever."""


class Ask(Noun):
    """End the run with a question to the user."""

    question: Text


class Fail(Noun):
    """End the run: it could not be done."""

    reason: Text


class Exit(Noun):
    """End as a process that dies: without a result."""


class Finish(Noun):
    """End the run: it is done."""

    summary: str


FileStep = Edit | Replace | Append | Delete
Ending = Ask | Fail | Exit | Finish
Step = Say | FileStep | Commit | Tool | Run | Pause | Cost | Flood | Hang | Ending


class When(Noun):
    """For which orders a script is meant; what is not given fits everything.

    ``words``: any of these is in the instruction, as a whole word, upper and lower case alike. ``attempt``: the run's number.
    """

    role: str | None = None
    words: list[Text] | None = Field(default=None, min_length=1)
    attempt: int | None = Field(default=None, ge=1)

    def fits(self, role: str, instruction: str, attempt: int) -> bool:
        if self.role not in {None, role} or self.attempt not in {None, attempt}:
            return False
        return self.words is None or self.first_word(instruction) is not None

    def first_word(self, instruction: str) -> int | None:
        """Where the first of the words is."""
        either = "|".join(re.escape(word) for word in self.words or ())
        found = re.search(rf"(?<!\w)(?:{either})(?!\w)", instruction, re.IGNORECASE) if either else None
        return found.start() if found else None


class Script(Noun):
    """Steps for the orders that fit. A script that runs out of steps has finished with the last text it said."""

    when: When = When()
    steps: tuple[Step, ...] = Field(min_length=1)

    @property
    def hash(self) -> str:
        """Of the steps: a journal belongs to exactly these."""
        named = [(type(step).__name__, step.model_dump_json()) for step in self.steps]
        return hashlib.sha256(repr(named).encode()).hexdigest()[:16]


def choose(scripts: tuple[Script, ...], role: str, instruction: str, attempt: int) -> Script | None:
    """The first script that fits. If it does so by its words, and others do too: the one whose word stands first.

    A brief begins with the task, and goes on with the whole goal and what others did, where everybody's words are.
    """
    fitting = [s for s in scripts if s.when.fits(role, instruction, attempt)]
    if not fitting or fitting[0].when.words is None:
        return fitting[0] if fitting else None
    by_words = [s for s in fitting if s.when.words is not None]
    return min(by_words, key=lambda s: s.when.first_word(instruction) or 0)
