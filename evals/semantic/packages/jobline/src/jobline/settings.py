"""Settings out of settings.toml; the environment comes first."""

from __future__ import annotations

import os
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

FILE = Path(__file__).with_name("settings.toml")


@dataclass(frozen=True)
class Settings:
    store: str = "memory"
    attempts: int = 3
    poll_seconds: float = 1.0


def raw_settings() -> dict[str, Any]:
    return tomllib.loads(FILE.read_text(encoding="utf-8"))


def read_settings(environ: dict[str, str] | None = None) -> Settings:
    given = raw_settings()["jobline"]
    environ = dict(os.environ) if environ is None else environ
    store = environ.get("JOBLINE_STORE", given["store"])
    return Settings(store=store, attempts=given["attempts"], poll_seconds=given["poll_seconds"])
