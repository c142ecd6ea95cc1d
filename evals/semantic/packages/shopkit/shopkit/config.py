"""Settings: ``section.key`` out of settings.ini, each one there once."""

from __future__ import annotations

from configparser import ConfigParser
from functools import lru_cache
from pathlib import Path

FILE = Path(__file__).with_name("settings.ini")


@lru_cache(maxsize=1)
def load_settings() -> ConfigParser:
    parser = ConfigParser(strict=True)
    parser.read_string(FILE.read_text(encoding="utf-8"))
    return parser


def setting(name: str, default: str | None = None) -> str:
    section, _, key = name.partition(".")
    found = load_settings().get(section, key, fallback=default)
    if found is None:
        raise KeyError(name)
    return found
