"""Semantic conflicts of Python branches that need no shop: one small base each, from values, operators, fixtures and settings."""

from __future__ import annotations

from pathlib import Path

import pytest

from orchestrator.nouns.conflict import Cause, Severity
from orchestrator.verbs.semantic.registry import facts_of
from tests.semantic_cases import Files, collisions

CONFLICTS: list[tuple[str, Files, Files, Files, Cause]] = [
    (
        "a fixture has another name",
        {"tests/conftest.py": "import pytest\n@pytest.fixture\ndef cart():\n    return 1\n"},
        {"tests/conftest.py": "import pytest\n@pytest.fixture\ndef full_cart():\n    return 1\n"},
        {"tests/test_x.py": "def test_x(cart):\n    assert cart\n"},
        Cause.renamed,
    ),
    (
        "a key of what is given has another name",
        {"m.py": "def row():\n    return {'sum': 1, 'name': 'a'}\n"},
        {"m.py": "def row():\n    return {'total': 1, 'name': 'a'}\n"},
        {"n.py": "from m import row\ndef f():\n    r = row()\n    return r['sum']\n"},
        Cause.returns,
    ),
    (
        "a literal is not what the parameter takes any more",
        {"m.py": "def go(state: str): pass\n"},
        {"m.py": "from enum import Enum\nclass State(Enum):\n    new = 1\ndef go(state: State): pass\n"},
        {"n.py": "from m import go\ngo('new')\n"},
        Cause.signature,
    ),
    (
        "it cannot be counted any more",
        {"m.py": "class Bag:\n    def __len__(self): return 1\n    def a(self): pass\n"},
        {"m.py": "class Bag:\n    def a(self): pass\n"},
        {"n.py": "from m import Bag\ndef f(bag: Bag): return len(bag)\n"},
        Cause.removed,
    ),
    (
        "a function that is given to map needs more",
        {"m.py": "def f(x): return x\n"},
        {"m.py": "def f(x, y): return x\n"},
        {"n.py": "from m import f\nxs = list(map(f, [1]))\n"},
        Cause.signature,
    ),
    (
        "an entry point names what is gone",
        {"m.py": "def main(): pass\n", "pyproject.toml": "[project]\nname = 'm'\n"},
        {"m.py": "def start(): pass\n"},
        {"pyproject.toml": "[project]\nname = 'm'\n\n[project.scripts]\nm = 'm:main'\n"},
        Cause.renamed,
    ),
    (
        "a setting twice",
        {"a.toml": "[x]\na = 1\nb = 2\nc = 3\n"},
        {"a.toml": "[x]\nnew = 1\na = 1\nb = 2\nc = 3\n"},
        {"a.toml": "[x]\na = 1\nb = 2\nc = 3\nnew = 2\n"},
        Cause.same_key,
    ),
    (
        "a base's override gives something else",
        {"m.py": "class B:\n    def rows(self) -> list:\n        return []\n"},
        {"m.py": "class B:\n    def rows(self) -> dict:\n        return {}\n"},
        {"n.py": "from m import B\nclass C(B):\n    def rows(self):\n        return [1]\n"},
        Cause.contract,
    ),
    (
        "after isinstance",
        {"m.py": "class A:\n    pass\nclass B(A):\n    def size(self): return 1\n"},
        {"m.py": "class A:\n    pass\nclass B(A):\n    def length(self): return 1\n"},
        {"n.py": "from m import A, B\ndef f(x: A):\n    if isinstance(x, B):\n        return x.size()\n"},
        Cause.renamed,
    ),
    (
        "a registered value twice",
        {"m.py": "KNOWN = {}\nclass B:\n    kind = ''\n    def __init_subclass__(cls):\n        KNOWN[cls.kind] = cls\n"},
        {"n.py": "from m import B\nclass One(B):\n    kind = 'x'\n"},
        {"o.py": "from m import B\nclass Two(B):\n    kind = 'x'\n"},
        Cause.same_key,
    ),
]


@pytest.mark.parametrize(("base", "a", "b", "cause"), [pytest.param(*row[1:], id=row[0]) for row in CONFLICTS])
def test_two_branches_do_not_fit(base: Files, a: Files, b: Files, cause: Cause, tmp_path: Path) -> None:
    found = collisions(base, a, b, tmp_path)
    assert cause in {f.cause for f in found}, [f.summary for f in found]


def test_a_finding_says_what_changed_where_it_is_used_and_who_has_less_to_do(tmp_path: Path) -> None:
    base: Files = {"m.py": "def f(x):\n    return x\n"}
    (found,) = collisions(base, {"m.py": "def g(x):\n    return x\n"}, {"n.py": "from m import f\n\nprint(f(1))\n"}, tmp_path)
    assert found.summary == "f was renamed to g; n.py:1 and 1 more uses it"
    assert (found.severity, found.files, found.symbols, found.adapts) == (Severity.high, ("m.py", "n.py"), ("f",), "b")
    assert [(p.path, p.line, p.text) for p in found.a] == [("m.py", 1, "def f(x) → def g(x)")]
    assert [(p.path, p.line) for p in found.b] == [("n.py", 1), ("n.py", 3)]


@pytest.mark.parametrize(
    "text",
    [
        b"\xff\xfe\x00d\x00e\x00f",
        b"def f(:\n",
        b"x = " + b"(" * 3000 + b")" * 3000,
        b"x = " + b"1 + " * 20_000 + b"1",
        b"# -*- coding: nonsense -*-\nx = '\xe4'\n",
        b"x = [\n" + b"    1,\n" * 90_000 + b"]\n",
        b"",
    ],
    ids=["utf-16", "broken", "deep", "long", "unknown encoding", "a table of 700 kB", "empty"],
)
def test_a_file_that_cannot_be_read_is_no_error(text: bytes) -> None:
    assert facts_of("src/m.py", text).path == "src/m.py"
