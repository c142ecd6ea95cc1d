"""The tables, brought up migration by migration."""

from __future__ import annotations

from importlib import import_module
from pkgutil import iter_modules
from types import ModuleType

from . import migrations


def all_migrations() -> list[ModuleType]:
    found = [import_module(f"{migrations.__name__}.{m.name}") for m in iter_modules(migrations.__path__)]
    return sorted(found, key=lambda module: module.number)


def migrate() -> dict[str, list[str]]:
    tables: dict[str, list[str]] = {}
    done = 0
    for migration in all_migrations():
        if migration.number != done + 1:
            raise RuntimeError(f"migration {migration.number} follows {done}")
        migration.up(tables)
        done = migration.number
    return tables
