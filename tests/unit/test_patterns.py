"""File patterns: what is taken, and that two which can mean one file are never said to be apart."""

from __future__ import annotations

import re
import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from orchestrator.nouns.errors import UsageError
from orchestrator.verbs.patterns import checked_pattern, covers, fold, overlap, precision, touches


@pytest.mark.parametrize(
    ("given_text", "kept"),
    [
        ("src/cart.py", "src/cart.py"),
        ("./src//cart.py", "src/cart.py"),
        ("src/auth/", "src/auth/**"),
        ("src/****", "src/**"),
        ("pages/[id].tsx", "pages/[id].tsx"),
        (".", "**"),
        (".gitignore", ".gitignore"),
    ],
)
def test_what_is_taken(given_text: str, kept: str) -> None:
    assert checked_pattern(given_text) == kept


@pytest.mark.parametrize(
    ("bad", "why"),
    [
        ("", "names no file"),
        ("../other/x", "leads out"),
        ("src/../../x", "leads out"),
        ("/etc/passwd", "absolute"),
        ("~/x", "absolute"),
        ("C:/x", "absolute"),
        ("C:\\x", "absolute"),
        ("src\\cart.py", "backslash"),
        (".git/config", ".git"),
        ("src/.GIT/hooks/pre-commit", ".git"),
        (".git./config", ".git"),
        ("!src/x", "no pattern"),
        ("src/*.{js,ts}", "no pattern"),
        ("a" * 301, "too long"),
        ("*a" * 17, "too long"),
        ("src/\u202egpj.x", "cannot be printed"),
    ],
)
def test_what_is_refused(bad: str, why: str) -> None:
    with pytest.raises(UsageError, match=re.escape(why)):
        checked_pattern(bad)


@pytest.mark.parametrize(
    ("one", "other", "meet"),
    [
        ("src/cart.py", "SRC/Cart.py", True),  # case twins are one file on some file systems
        ("src/caf\u00e9.py", "src/cafe\u0301.py", True),  # and so are these
        ("src/caf?.py", "src/cafe\u0301.py", True),
        ("src", "src/cart.py", True),
        ("src/cart.py", "src/cart", False),
        ("src/*.py", "src/auth/x.py", False),
        ("src/**/x.py", "src/x.py", True),
        ("src/**", "src/a/b", True),
        ("*/a", "a/*", True),
        ("*.py", "*.js", False),
        ("src/a*b", "src/*ab", True),
        ("docs/**", "src/**", False),
    ],
)
def test_whether_two_meet(one: str, other: str, *, meet: bool) -> None:
    assert overlap(one, other) is meet
    assert overlap(other, one) is meet


def test_a_name_with_a_star_in_it_is_a_file_and_no_glob() -> None:
    assert covers("src/**", "src/a*b.py")
    assert not covers("src/a*b.py.x", "src/a*b.py")
    assert not touches("src/axb.py", "src/a*b.py")


def test_the_most_exact_pattern() -> None:
    assert sorted(["**", "src/**", "src/*.py", "src/cart.py", "src/c*"], key=precision)[-1] == "src/cart.py"
    assert precision("src/*.py") > precision("src/**") > precision("**/cart.py")


SYMBOLS = st.sampled_from(["a", "b", "/", "*", "?", "**", "**/"])
PATTERNS = st.lists(SYMBOLS, min_size=1, max_size=6).map("".join)
PATHS = st.text("abA/", min_size=1, max_size=8)


def reading(pattern: str) -> re.Pattern[str]:
    """The same meaning as a regular expression, written another way."""
    meaning = {"**/": "(?:.*/)?", "**": ".*", "*": "[^/]*", "?": "[^/]"}
    parts = re.split(r"(\*\*/|\*\*|\*|\?)", pattern)
    beneath = "" if re.search(r"[*?]", pattern) else "(?:/.*)?"
    return re.compile("".join(meaning.get(part, re.escape(part)) for part in parts) + beneath + r"\Z", re.IGNORECASE)


@settings(max_examples=300)
@given(PATTERNS, PATTERNS, PATHS)
def test_patterns_that_mean_one_path_are_never_said_to_be_apart(one: str, other: str, path: str) -> None:
    both = all(reading(pattern).match(path) for pattern in (one, other))
    assert covers(one, path) is bool(reading(one).match(path))
    assert not both or overlap(one, other)


@settings(max_examples=100)
@given(st.text(max_size=6))
def test_spellings_of_a_path_that_a_file_system_takes_for_one_are_folded_into_one(text: str) -> None:
    assert fold(unicodedata.normalize("NFC", text)) == fold(unicodedata.normalize("NFD", text))
