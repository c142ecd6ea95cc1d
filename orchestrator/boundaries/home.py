"""The home directory: where the database, the index, the worktrees and the transcripts are. 0700, never in a repository."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from orchestrator.nouns.errors import NotReady


@dataclass(frozen=True)
class Home:
    """``TELEVIBE_HOME``, by default ``~/.televibe``. Creating the value touches nothing; ``ready`` makes the directories."""

    path: Path

    @classmethod
    def find(cls) -> Home:
        """The home named by the environment."""
        named = os.environ.get("TELEVIBE_HOME", "")
        return cls(Path(named).expanduser().absolute() if named else Path.home() / ".televibe")

    def ready(self) -> Home:
        """Make the directories, readable by their owner only. ``NotReady`` when that is impossible."""
        try:
            for directory in (self.path, self.index_dir, self.worktrees, self.sessions, self.logs):
                directory.mkdir(mode=0o700, parents=True, exist_ok=True)
            self.path.chmod(0o700)
        except OSError as error:
            raise NotReady(
                f"the home directory {self.path} cannot be used: {error.strerror}", "set TELEVIBE_HOME to a writable directory"
            ) from error
        return self

    @property
    def database_url(self) -> str:
        """SQLite in the home, or whatever ``TELEVIBE_DATABASE_URL`` names (``postgresql://…``)."""
        return os.environ.get("TELEVIBE_DATABASE_URL") or f"sqlite:///{self.database_file}"

    @property
    def database_file(self) -> Path:
        return self.path / "televibe.db"

    @property
    def queue_url(self) -> str:
        """Where the durable queue keeps its own tables."""
        return os.environ.get("TELEVIBE_QUEUE_URL") or f"sqlite:///{self.path / 'queue.db'}"

    @property
    def checkpoints(self) -> Path:
        return self.path / "checkpoints.db"

    @property
    def index_dir(self) -> Path:
        return self.path / "index"

    @property
    def facts(self) -> Path:
        """What source files say, as it was read; it may be removed at any time."""
        return self.path / "cache" / "facts.db"

    @property
    def worktrees(self) -> Path:
        return self.path / "worktrees"

    @property
    def sessions(self) -> Path:
        """One directory a session: its agent's configuration, journals and transcripts."""
        return self.path / "sessions"

    @property
    def context(self) -> Path:
        """Each project's context file as we wrote it last."""
        return self.path / "context"

    @property
    def radars(self) -> Path:
        """One directory a project: the repository in which its branches are compared. It can be made again."""
        return self.path / "radar"

    @property
    def logs(self) -> Path:
        return self.path / "logs"

    @property
    def git_log(self) -> Path:
        """Every git command that was run, one JSON object a line."""
        return self.logs / "git.jsonl"

    @property
    def engine_lock(self) -> Path:
        """Held (flock) by the one process that runs the engine; holds its process id."""
        return self.path / "engine.lock"

    @property
    def server_file(self) -> Path:
        """Where the engine's server listens, as long as it does; 0600. It holds no token."""
        return self.path / "server.json"

    def worktree(self, project_id: str, name: str) -> Path:
        """Of a session (``S12``) or of a landing (``landing-G3``)."""
        return self.worktrees / project_id / name

    def session_dir(self, session_id: str) -> Path:
        return self.sessions / session_id

    def transcript(self, session_id: str, job_id: str) -> Path:
        """What an agent said and did in a job, one JSON object a line."""
        return self.session_dir(session_id) / f"{job_id}.jsonl"
