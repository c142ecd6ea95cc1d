"""The schema: SQL files that are applied by their number."""

from __future__ import annotations

from pathlib import Path

FOLDER = Path(__file__).parents[2] / "migrations"


def migrations() -> list[tuple[int, str]]:
    found = sorted((int(path.name.split("_")[0]), path.name) for path in FOLDER.glob("*.sql"))
    numbers = [number for number, _ in found]
    if numbers != list(range(1, len(numbers) + 1)):
        raise RuntimeError(f"migrations are not numbered one by one: {numbers}")
    return found
