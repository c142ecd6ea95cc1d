"""Which files can export anything: source of a known language that is neither a test nor generated nor somebody else's."""

from __future__ import annotations

import re
from pathlib import PurePosixPath

LANGUAGES = {
    ".py": "python",
    ".pyi": "python",
    ".js": "javascript",
    ".jsx": "javascript",
    ".mjs": "javascript",
    ".cjs": "javascript",
    ".ts": "typescript",
    ".mts": "typescript",
    ".cts": "typescript",
    ".tsx": "tsx",
    ".go": "go",
    ".rs": "rust",
    ".java": "java",
}
"""Suffix → language."""

TEST_DIRECTORIES = frozenset({"test", "tests", "__tests__", "__mocks__", "e2e", "testdata", "fixtures"})
FOREIGN_DIRECTORIES = frozenset(
    {"node_modules", "vendor", "third_party", "site-packages", ".venv", "venv", "dist", "target", ".git", "__pycache__"}
)
TEST_NAME = re.compile(
    r"""^test_.*\.pyi?$ | _test\.pyi?$ | ^conftest\.py$ | _test\.go$ | \.(test|spec|stories)\.[cm]?[jt]sx?$
    | (Test|Tests|IT)\.java$ | ^Test[A-Z].*\.java$ | _test\.rs$ | ^tests\.rs$""",
    re.VERBOSE,
)
GENERATED_NAME = re.compile(
    r"\.min\.[cm]?js$|[._-]bundle\.js$|_pb2(_grpc)?\.pyi?$|\.pb(\.gw)?\.go$|\.g(enerated)?\.[a-z]+$|_generated\.[a-z]+$"
)


def exports_anything(path: str) -> bool:
    """Whether the file at the repository-relative ``path`` may hold interfaces for other sessions."""
    where = PurePosixPath(path)
    if where.suffix not in LANGUAGES or TEST_NAME.search(where.name) or GENERATED_NAME.search(where.name):
        return False
    return not (TEST_DIRECTORIES | FOREIGN_DIRECTORIES).intersection(where.parts[:-1])
