"""The error tree. The message is one line that ends with the way out; a door prints it and exits with ``exit_code``.

::

    TeleVibeError                 exit 1
    ├── UsageError                exit 2  the words given were wrong: bad value, empty goal, malformed branch name
    ├── ConfigError               exit 2  .televibe/config.yaml: file, line, key
    ├── Unknown                   exit 1  no such session, job, goal, project, agent kind
    ├── NotReady                  exit 1  the repository or machine is not in a state to work with (bare, dirty, git too old)
    ├── GitError                  exit 1  git refused; carries the command, the exit status and what git said
    │   ├── BranchTaken                   the branch exists, or is checked out elsewhere
    │   └── MergeConflict                 git could not merge; carries the files
    ├── AgentError                exit 1  an agent is missing, exited, hung, or flooded its output
    ├── StoreError                exit 1  the database cannot be opened, migrated or written (full disk included)
    ├── ModelUnavailable          exit 1  no answer from the model, with the reason; callers fall back and say so
    └── Refused                   exit 1  policy says no: budget, a role's permission, a closed session
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # what must be quick imports the errors, and not pydantic
    from .deciding import Usage


class TeleVibeError(Exception):
    """Something TeleVibe can name. ``str(error)`` is one line; ``remedy`` is the way out, possibly empty."""

    exit_code = 1

    def __init__(self, message: str, remedy: str = "") -> None:
        super().__init__(message)
        self.remedy = remedy

    def line(self) -> str:
        """The single line a door prints on stderr."""
        text = " ".join(str(self).split())
        return f"{text} — {self.remedy}" if self.remedy else text


class UsageError(TeleVibeError):
    """The words given to a command or tool were wrong."""

    exit_code = 2


class ConfigError(TeleVibeError):
    """A configuration file cannot be used; the message names file, line and key."""

    exit_code = 2


class Unknown(TeleVibeError):
    """An id or name that does not exist."""


class NotReady(TeleVibeError):
    """The repository or machine is not in a state that can be worked with."""


class GitError(TeleVibeError):
    """git refused. ``argv`` and ``status`` say what was run, ``said`` is git's own stderr."""

    def __init__(self, message: str, remedy: str = "", *, argv: tuple[str, ...] = (), status: int = 0, said: str = "") -> None:
        super().__init__(message, remedy)
        self.argv = argv
        self.status = status
        self.said = said


class BranchTaken(GitError):
    """The branch already exists, or is checked out in another worktree."""


class MergeConflict(GitError):
    """git could not merge. ``files`` are the conflicting paths, relative to the repository."""

    def __init__(self, message: str, remedy: str = "", *, files: tuple[str, ...] = ()) -> None:
        super().__init__(message, remedy)
        self.files = files


class AgentError(TeleVibeError):
    """An agent is missing, exited at once, hung, or flooded its output."""


class StoreError(TeleVibeError):
    """The database cannot be opened, migrated or written."""


class Refused(TeleVibeError):
    """Policy says no."""


class WhyNoModel(StrEnum):
    """Why the model gave no usable answer. Recorded with every fallback."""

    switched_off = "switched_off"  # the policy for this decision is "deterministic"
    confident = "confident"  # cascade: the deterministic answer was sure enough
    no_key = "no_key"
    bad_key = "bad_key"
    network = "network"
    timeout = "timeout"
    overloaded = "overloaded"  # 429, 529, 5xx after all retries
    refused = "refused"  # stop_reason "refusal"
    truncated = "truncated"  # stop_reason "max_tokens"
    malformed = "malformed"  # the answer does not fit the type
    over_budget = "over_budget"
    rejected = "rejected"  # any other 4xx


class ModelUnavailable(TeleVibeError):
    """The model could not give an answer of the asked type; ``why`` says which of the known reasons it was."""

    def __init__(self, why: WhyNoModel, message: str, remedy: str = "", *, usage: Usage | None = None) -> None:
        super().__init__(message, remedy)
        self.why = why
        self.usage = usage  # of calls that were billed and gave nothing usable
