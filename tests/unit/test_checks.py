"""Finding out how a repository is tested: from its files alone, and nothing when they do not tell."""

from __future__ import annotations

import pytest

from orchestrator.verbs.checks import detect_checks

UNITTEST = "import unittest\n\n\nclass T(unittest.TestCase):\n    def test_a(self) -> None: ...\n"
PYTEST = "import pytest\n\n\ndef test_a() -> None: ...\n"
PLAIN = "def test_a() -> None:\n    assert True\n"

REPOSITORIES: list[tuple[dict[str, str], tuple[str, ...]]] = [
    ({}, ()),
    ({"README.md": "run make test"}, ()),
    ({"Makefile": "build:\n\tcc\n\ntest: build\n\t./run\n", "go.mod": ""}, ("make test",)),
    ({"GNUmakefile": "check:\n\t./run\n"}, ("make check",)),
    ({"Makefile": "test := yes\ntests:\n\t./run\n.PHONY: test\n"}, ()),
    ({"shop/a.py": "", "tests/__init__.py": "", "tests/test_a.py": UNITTEST}, ("python3 -m unittest discover -q -s tests -t .",)),
    ({"tests/test_a.py": UNITTEST}, ("python3 -m unittest discover -q -s tests",)),
    ({"a.py": "", "test_a.py": UNITTEST}, ("python3 -m unittest discover -q",)),
    ({"test_a.py": UNITTEST, "more/test_b.py": UNITTEST}, ()),
    ({"tests/a_test.py": UNITTEST}, ()),
    ({"tests/test_a.py": PYTEST}, ("python3 -m pytest -q",)),
    ({"tests/test_a.py": PLAIN}, ("python3 -m pytest -q",)),
    ({"tests/test_a.py": UNITTEST, "pytest.ini": ""}, ("python3 -m pytest -q",)),
    ({"tests/test_a.py": UNITTEST, "tests/conftest.py": ""}, ("python3 -m pytest -q",)),
    ({"test_a.py": "x = 1", "pyproject.toml": "[tool.pytest.ini_options]\n"}, ("python3 -m pytest -q",)),
    ({"test_a.py": PYTEST, "uv.lock": ""}, ("uv run pytest -q",)),
    ({"test_a.py": PYTEST, "poetry.lock": ""}, ("poetry run pytest -q",)),
    ({"pyproject.toml": "[tool.pytest.ini_options]\n"}, ()),
    ({"test_data.py": "ROWS = []\n"}, ()),
    ({"package.json": '{"scripts": {"test": "jest"}}'}, ("npm test",)),
    ({"package.json": '{"scripts": {"test": "jest"}}', "pnpm-lock.yaml": ""}, ("pnpm test",)),
    ({"package.json": '{"scripts": {"test": "jest"}}', "yarn.lock": ""}, ("yarn test",)),
    ({"package.json": '{"scripts": {"test": "echo \\"Error: no test specified\\" && exit 1"}}'}, ()),
    ({"package.json": '{"scripts": {"build": "tsc"}}'}, ()),
    ({"package.json": '{"scripts": {"test": ""}}'}, ()),
    ({"package.json": "[]"}, ()),
    ({"package.json": "{broken"}, ()),
    ({"web/package.json": '{"scripts": {"test": "jest"}}'}, ()),
    ({"go.mod": "", "a_test.go": ""}, ("go test ./...",)),
    ({"go.mod": "", "a.go": ""}, ()),
    ({"Cargo.toml": ""}, ("cargo test --quiet",)),
    ({"pom.xml": "", "src/test/java/ATest.java": ""}, ("mvn -q test",)),
    ({"build.gradle.kts": "", "gradlew": "", "app/src/test/kotlin/ATest.kt": ""}, ("./gradlew test",)),
    ({"Shop.sln": ""}, ("dotnet test",)),
    ({"mix.exs": "", "test/a_test.exs": ""}, ("mix test",)),
    ({"Gemfile": "", "spec/a_spec.rb": ""}, ("bundle exec rspec",)),
    ({"test_a.py": PYTEST, "package.json": '{"scripts": {"test": "jest"}}'}, ("python3 -m pytest -q", "npm test")),
]


@pytest.mark.parametrize(("files", "checks"), REPOSITORIES)
def test_the_command_that_runs_the_tests(files: dict[str, str], checks: tuple[str, ...]) -> None:
    assert detect_checks(files, files.get) == checks


def test_a_file_that_cannot_be_read_is_no_evidence() -> None:
    assert detect_checks(["Makefile", "package.json", "tests/test_a.py"], lambda _: None) == ()


def test_few_files_are_read_however_many_tests_there_are() -> None:
    read: list[str] = []

    def remember(path: str) -> str:
        read.append(path)
        return PYTEST

    assert detect_checks([f"tests/test_{n}.py" for n in range(5000)], remember) == ("python3 -m pytest -q",)
    assert len(read) <= 20
