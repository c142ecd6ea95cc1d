"""Which command runs a repository's tests, as far as its files tell. None when unsure: a wrong check blocks every landing."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Collection
from pathlib import PurePosixPath

Read = Callable[[str], str | None]
"""The text of a file of the repository, None when it cannot be read."""

MAKE_TARGET = re.compile(r"^(test|check)\s*:(?!=)", re.MULTILINE)
PYTEST_SETTINGS = {"pyproject.toml": "[tool.pytest", "setup.cfg": "[tool:pytest]", "tox.ini": "[pytest]"}
SAMPLE = 20
"""How many test files are read to tell pytest from unittest."""


def detect_checks(files: Collection[str], read: Read) -> tuple[str, ...]:
    """Shell commands to run at the root. ``files`` are repository-relative. A test target of a Makefile speaks for everything;
    otherwise one command for each language that has tests at the root."""
    known = set(files)
    if made := _make(known, read):
        return (made,)
    found = (detect(known, read) for detect in (_python, _node, _go, _rust, _jvm, _dotnet, _elixir, _ruby))
    return tuple(command for command in found if command)


def _make(files: set[str], read: Read) -> str | None:
    for name in ("GNUmakefile", "makefile", "Makefile"):
        targets = set(MAKE_TARGET.findall(read(name) or "")) if name in files else set()
        if targets:
            return "make test" if "test" in targets else "make check"
    return None


def _python(files: set[str], read: Read) -> str | None:
    tests = sorted(f for f in files if re.fullmatch(r"test_.*\.py|.*_test\.py", PurePosixPath(f).name))
    settled = "pytest.ini" in files or any(marker in (read(name) or "") for name, marker in PYTEST_SETTINGS.items() if name in files)
    if not tests:
        return None
    texts = [read(name) or "" for name in tests[:SAMPLE]]
    uses_pytest = any(PurePosixPath(f).name == "conftest.py" for f in files) or any(
        re.search(r"^\s*(import|from) pytest\b", text, re.MULTILINE) for text in texts
    )
    if settled or uses_pytest:
        return f"{_python_runner(files)}pytest -q"
    if any(re.search(r"^\s*(import|from) unittest\b", text, re.MULTILINE) for text in texts):
        return _unittest(files, tests)
    plain = any(re.search(r"^(async )?def test_", text, re.MULTILINE) for text in texts)
    return f"{_python_runner(files)}pytest -q" if plain else None


def _python_runner(files: set[str]) -> str:
    if "uv.lock" in files:
        return "uv run "
    return "poetry run " if "poetry.lock" in files else "python3 -m "


def _unittest(files: set[str], tests: list[str]) -> str | None:
    """``discover`` finds ``test*.py`` only, below one directory, and in packages only when it starts above them."""
    tops = {PurePosixPath(name).parts[0] if "/" in name else "." for name in tests}
    if len(tops) > 1 or not all(PurePosixPath(name).name.startswith("test") for name in tests):
        return None
    top = tops.pop()
    if top == ".":
        return "python3 -m unittest discover -q"
    return f"python3 -m unittest discover -q -s {top}" + (" -t ." if f"{top}/__init__.py" in files else "")


def _node(files: set[str], read: Read) -> str | None:
    if "package.json" not in files:
        return None
    try:
        script = json.loads(read("package.json") or "{}")["scripts"]["test"]
    except (ValueError, KeyError, TypeError):
        return None
    if not isinstance(script, str) or not script.strip() or "no test specified" in script:  # what npm init writes
        return None
    locks = {"pnpm-lock.yaml": "pnpm test", "yarn.lock": "yarn test", "bun.lock": "bun run test", "bun.lockb": "bun run test"}
    return next((command for lock, command in locks.items() if lock in files), "npm test")


def _go(files: set[str], _: Read) -> str | None:
    return "go test ./..." if "go.mod" in files and any(f.endswith("_test.go") for f in files) else None


def _rust(files: set[str], _: Read) -> str | None:
    return "cargo test --quiet" if "Cargo.toml" in files else None


def _jvm(files: set[str], _: Read) -> str | None:
    if not any(re.search(r"(^|/)src/test/", f) for f in files):
        return None
    if "pom.xml" in files:
        return "./mvnw -q test" if "mvnw" in files else "mvn -q test"
    if files & {"build.gradle", "build.gradle.kts"}:
        return "./gradlew test" if "gradlew" in files else "gradle test"
    return None


def _dotnet(files: set[str], _: Read) -> str | None:
    return "dotnet test" if any(re.fullmatch(r"[^/]+\.slnx?", f) for f in files) else None


def _elixir(files: set[str], _: Read) -> str | None:
    return "mix test" if "mix.exs" in files and any(f.endswith("_test.exs") for f in files) else None


def _ruby(files: set[str], _: Read) -> str | None:
    return "bundle exec rspec" if "Gemfile" in files and any(f.endswith("_spec.rb") for f in files) else None
