"""Semantic conflicts between commits of a real repository: renames and merged texts as git has them, evidence, nothing twice."""

from __future__ import annotations

import subprocess
from pathlib import Path

from graphs.semantic import Memory, semantic
from orchestrator.boundaries.git.radar import open_radar
from orchestrator.nouns.conflict import Cause

MONEY = "def convert(amount, source, target):\n    return amount\n\n\ndef first():\n    return 1\n\n\ndef second():\n    return 2\n"


def git(repository: Path, *words: str) -> str:
    who = ["-c", "user.name=t", "-c", "user.email=t@localhost"]
    return subprocess.run(["git", "-C", str(repository), *who, *words], check=True, capture_output=True, text=True).stdout.strip()


def commit(repository: Path, branch: str, files: dict[str, str | None]) -> str:
    git(repository, "checkout", "-q", "-B", branch, *(["base"] if branch != "base" else []))
    for path, text in files.items():
        file = repository / path
        if text is None:
            file.unlink()
        else:
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text)
    git(repository, "add", "-A")
    git(repository, "commit", "-q", "-m", branch)
    return git(repository, "rev-parse", "HEAD")


async def test_commits_are_compared_as_git_would_merge_them(tmp_path: Path) -> None:
    repository = tmp_path / "r"
    repository.mkdir()
    git(repository, "init", "-q")
    base = commit(repository, "base", {"shop/__init__.py": "", "shop/money.py": MONEY, "shop/use.py": "import shop.money\n"})
    moved = commit(
        repository,
        "moved",
        {"shop/money.py": None, "shop/coins.py": MONEY.replace("return 1", "return 11"), "shop/use.py": "import shop.coins\n"},
    )
    uses = commit(repository, "uses", {"shop/new.py": "from shop.money import convert\n\nx = convert(1, 'a', 'b')\n"})
    edits = commit(repository, "edits", {"shop/money.py": MONEY.replace("return 2", "return convert(2, 3, 4)")})
    asks = commit(repository, "asks", {"shop/money.py": MONEY.replace("amount, source, target)", "amount, source, target, at)")})
    collides = commit(repository, "collides", {"shop/money.py": MONEY.replace("return 2", "return 3")})
    memory = Memory()
    async with open_radar(str(repository), tmp_path / "radar") as radar:
        (found,) = await semantic(radar, base, moved, uses, memory=memory)
        assert (found.cause, found.adapts) == (Cause.moved, "b")
        assert found.summary == "convert was moved from shop/money.py to shop/coins.py; shop/new.py:1 and 1 more uses it"
        assert found.b[0].text == "from shop.money import convert"

        assert await semantic(radar, base, moved, edits, memory=memory) == [], "git carries the edit to the new file, where it is right"

        (found,) = await semantic(radar, base, asks, edits, memory=memory)
        assert found.cause is Cause.signature
        assert found.b[0].text == "return convert(2, 3, 4)", "the call is in the file that both changed"

        assert await semantic(radar, base, edits, collides, memory=memory) == [], "git's own conflict is another's to tell"
        read = len(memory.files)
        await semantic(radar, base, moved, uses, memory=memory)
        assert len(memory.files) == read
