"""Printing: what others wrote is made visible, and a pipe gets plain, whole text."""

from __future__ import annotations

import io
import json
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator.doors.output import Out, Tone, ago, as_json, one_line, usd, visible
from orchestrator.nouns.session import Project

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("plain text, naïve — ✓ 🎉 日本", "plain text, naïve — ✓ 🎉 日本"),
        ("two\nlines\tand a tab", "two\nlines\tand a tab"),
        ("\x1b[31mred\x1b[0m", "\\x1b[31mred\\x1b[0m"),
        ("over\rwritten\x08", "over\\x0dwritten\\x08"),
        ("\x9b2J", "\\x9b2J"),  # the one-byte form of ESC [
        ("user\u202egnp.exe", "user\\u202egnp.exe"),
        ("zero\u200bwidth\ufeff", "zero\\u200bwidth\\ufeff"),
        ("not utf-8 \udcff", "not utf-8 \\udcff"),
    ],
)
def test_what_would_act_on_a_terminal_is_written_out(written: str, shown: str) -> None:
    assert visible(written) == shown


@given(st.text())
def test_nothing_unprintable_is_left_but_space(text: str) -> None:
    shown = visible(text)
    assert not any(ord(c) < 32 and c not in "\n\t" or 0x7F <= ord(c) < 0xA0 for c in shown)
    shown.encode()  # no halves of characters
    assert visible(shown) == shown
    assert "\n" not in one_line(text)


@given(st.text(), st.integers(2, 40))
def test_a_cut_line_is_never_longer_than_asked(text: str, limit: int) -> None:
    assert len(one_line(text, limit)) <= limit


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(-3, "just now"), (0, "just now"), (40, "40 s ago"), (180, "3 min ago"), (5 * 3600, "5 h ago"), (12 * 86400, "12 days ago")],
)
def test_how_long_ago_is_told_in_one_unit(seconds: int, words: str) -> None:
    assert ago(NOW - timedelta(seconds=seconds), NOW) == words


def test_a_small_cost_is_not_shown_as_nothing() -> None:
    assert [usd(0), usd(0.0042), usd(0.01), usd(12.5)] == ["$0.00", "$0.0042", "$0.01", "$12.50"]


def test_nouns_in_a_document_are_written_as_they_are_stored() -> None:
    project = Project(id="P1", root="/r", default_branch="main", created_at=NOW)
    stored = project.model_dump(mode="json")
    assert json.loads(as_json([project, {"inside": project}])) == [stored, {"inside": stored}]


def test_a_pipe_gets_aligned_plain_rows_that_are_not_cut() -> None:
    stream = io.StringIO()
    long = "x" * 300
    Out.to(stream).table(("id", "title"), [(("S1", Tone.name), long), ("S10", "a\x1b[1mb\nc")])
    assert stream.getvalue().splitlines() == ["id   title", f"S1   {long}", "S10  a\\x1b[1mb c"]


def test_lines_and_documents_carry_no_colour_codes_into_a_pipe() -> None:
    stream = io.StringIO()
    out = Out.to(stream)
    out.line("it went wrong", Tone.bad)
    out.json_line({"a": 1})
    assert stream.getvalue() == 'it went wrong\n{"a": 1}\n'
