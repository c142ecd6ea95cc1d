"""The shared context file on disk, and the copy of what we wrote last, by which we know what somebody else changed."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from orchestrator.boundaries.config import write_atomically
from orchestrator.boundaries.home import Home
from orchestrator.nouns.context_file import FILE
from orchestrator.nouns.errors import ConfigError
from orchestrator.verbs.strict_yaml import MAX_BYTES


def read_text(root: Path) -> str | None:
    """The file's text, None when there is none. ``ConfigError`` when it cannot be read, or is not UTF-8."""
    path = root / FILE
    try:
        with path.open("rb") as file:
            content = file.read(MAX_BYTES + 1)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise ConfigError(f"{path}: it cannot be read: {error.strerror}", "make it a readable file") from error
    return decoded(content, str(path))


def decoded(content: bytes, name: str) -> str:
    """``content`` as text. ``ConfigError`` with the line where it is no UTF-8."""
    if len(content) > MAX_BYTES:
        raise ConfigError(f"{name}:1: it is over {MAX_BYTES // 1000} kB large", "remove what is settled and done")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise ConfigError(f"{name}:{line}: it is not UTF-8 text", "save the file as UTF-8") from error


def write_text(root: Path, text: str) -> None:
    """Replace the file as a whole. ``ConfigError`` when that is impossible."""
    try:
        write_atomically(root / FILE, text)
    except OSError as error:
        raise ConfigError(f"{root / FILE}: it cannot be written: {error.strerror}", "check the directory's owner and mode") from error


@dataclass(frozen=True)
class LastWritten:
    """The text that we wrote, or found and took in, and the commit that was checked out then; empty when there was none."""

    text: str = ""
    head: str = ""


class Memory:
    """``<home>/context/<project>.yaml`` and ``.head``. Written after the file itself: a crash between the two is read as somebody
    having written what the store says already, which changes nothing."""

    def __init__(self, home: Home, project_id: str) -> None:
        self._text = home.context / f"{project_id}.yaml"
        self._head = home.context / f"{project_id}.head"

    def last(self) -> LastWritten:
        return LastWritten(_text(self._text), _text(self._head).strip())

    def remember(self, last: LastWritten) -> None:
        self._text.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        write_atomically(self._text, last.text)
        write_atomically(self._head, f"{last.head}\n")


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return ""
