"""The context file: read strictly, written with the human's words kept."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from orchestrator.nouns.context_file import EMPTY, Branch, Leaf
from orchestrator.nouns.errors import ConfigError
from orchestrator.nouns.interface import Export, ExportStatus, SymbolKind
from orchestrator.nouns.knowledge import Decision, Todo
from orchestrator.nouns.session import Session
from orchestrator.verbs.context_file.layout import MAX_BYTES
from orchestrator.verbs.context_file.parse import parse
from orchestrator.verbs.context_file.project import project, retired
from orchestrator.verbs.context_file.render import render
from orchestrator.verbs.context_file.scalars import bare, quick_text, quoted
from orchestrator.verbs.context_file.write import write
from orchestrator.verbs.strict_yaml import read_strict

NOW = datetime(2025, 12, 13, tzinfo=UTC)

SPECIFIED = """\
# Updated by sessions, read by all
interfaces:
  auth:
    session: S12
    exports:
      - name: AuthContext
        file: src/auth/context.py
        description: "Authentication context with user session"
      - name: require_auth
        file: src/auth/decorators.py
        description: "Decorator for protected routes"

  payments:
    session: S15
    exports:
      - name: PaymentProcessor
        file: src/payments/processor.py
        description: "Handles payment transactions"

decisions:
  - date: 2025-12-13
    session: S12
    decision: "Use JWT for session tokens"
    rationale: "Stateless, works with distributed backend"

  - date: 2025-12-13
    session: S15
    decision: "Use Stripe for payments"
    rationale: "Best API, good Python SDK"

todos_for_others:
  - from: S12
    to: S15
    message: "When auth is ready, payments will need to use require_auth decorator"

  - from: S15
    to: S12
    message: "Need user.payment_methods available in AuthContext"
"""


def export(session: str, name: str, file: str = "src/auth.py", **more: Any) -> Export:
    given: dict[str, Any] = {"kind": SymbolKind.cls, "line": 1, "signature": "", "description": "", "status": ExportStatus.found}
    values = {**given, "commit": "", "job_id": "", **more}
    return Export(session_id=session, project_id="P1", name=name, file=file, **values)


def decision(number: int, words: str, session: str | None = "S1", **more: Any) -> Decision:
    return Decision(id=f"D{number}", project_id="P1", session_id=session, decision=words, created_at=NOW, **more)


def todo(number: int, words: str, sender: str | None = "S1", to: str | None = "S2", **more: Any) -> Todo:
    return Todo(id=f"O{number}", project_id="P1", from_session=sender, to_session=to, message=words, created_at=NOW, **more)


def session(number: int, branch: str = "") -> Session:
    branch = branch or f"televibe/s{number}-part-{number}"
    at = {"created_at": NOW, "updated_at": NOW}
    return Session(
        id=f"S{number}", project_id="P1", role="implementer", branch=branch, worktree="/w", base_commit="c", agent="scripted", **at
    )


def test_the_specified_file_says_what_it_says() -> None:
    content = parse(SPECIFIED, "context.yaml")
    assert [(t.key, t.session, [e.get("name") for e in t.exports]) for t in content.topics] == [
        ("auth", "S12", ["AuthContext", "require_auth"]),
        ("payments", "S15", ["PaymentProcessor"]),
    ]
    assert [(d.get("session"), d.get("decision")) for d in content.decisions] == [
        ("S12", "Use JWT for session tokens"),
        ("S15", "Use Stripe for payments"),
    ]
    assert [(t.get("from"), t.get("to")) for t in content.todos] == [("S12", "S15"), ("S15", "S12")]


def test_what_was_not_changed_is_written_as_it_stood() -> None:
    assert write(parse(SPECIFIED, "context.yaml")) == SPECIFIED


@pytest.mark.parametrize(
    ("text", "line", "what"),
    [
        ("decisions:\n  - decision: a\n    decision: b\n", 3, "twice"),
        ("decisions: []\ndecisions: []\n", 2, "twice"),
        ("interfaces:\n  a:\n    session: S1\n  a:\n    session: S2\n", 4, "twice"),
        ("notes: &x [1]\nmore: *x\n", 1, "anchors"),
        ("decisions:\n  - decision: &a hello\n", 2, "anchors"),
        ("decisions:\n  - decision: !!python/object:os.system hello\n", 2, "tag"),
        ("notes:\n  deep: " + "[" * 30 + "]" * 30 + "\n", 2, "levels"),
        ("a:\n<<<<<<< ours\n  b: 1\n=======\n  b: 2\n>>>>>>> theirs\n", 2, "conflict markers"),
        ("decisions:\n  - rationale: why\n", 2, "decision is missing"),
        ("decisions:\n  - decision: 12\n", 2, "must be a text"),
        ("decisions:\n  decision: a\n", 2, "an entry of a list is expected"),
        ("decisions: yes please\n", 1, "not the form"),
        ("interfaces:\n  auth: S12\n", 2, "not the form"),
        ("interfaces:\n  auth:\n    session: [S12]\n", 3, "must be a text"),
        ("interfaces:\n  auth:\n    exports:\n      - file: a.py\n", 4, "name is missing"),
        ("- a\n- b\n", 1, "key: value is expected"),
        ("{decisions: []}\n", 1, "key: value is expected"),
        ("a: 1\n---\nb: 2\n", 2, "must not begin with ---"),
        ("%YAML 1.1\na: 1\n", 1, "must not begin with %"),
        ("a: b\x07\n", 1, "character"),
        ('a: "never ends\nb: c"\n', 1, "not YAML"),
        ("\ta: b\n", 1, "key: value is expected"),
        ("decisions:\n  - decision: a\n   rationale: b\n", 3, "further left"),
        ("todos_for_others:\n  - message: " + "x" * 5000 + "\n", 2, "characters"),
        ("1: a\n", 1, "a key must be a text"),
        ("true: a\n", 1, "a key must be a text"),
        ("decisions:\n  - decision: one # two\n    when: 'a: b\n", 3, "not YAML"),
    ],
)
def test_what_could_surprise_is_refused_with_its_line_and_the_remedy(text: str, line: int, what: str) -> None:
    with pytest.raises(ConfigError) as caught:
        parse(text, "context.yaml")
    assert str(caught.value).startswith(f"context.yaml:{line}: "), caught.value
    assert what in str(caught.value)
    assert caught.value.remedy


def test_a_file_that_is_too_large_is_refused_at_once() -> None:
    with pytest.raises(ConfigError, match="kB large"):
        parse("a: " + "x" * MAX_BYTES, "context.yaml")


texts = st.text(st.characters(codec="utf-8"), min_size=1, max_size=30)
words = st.text(st.sampled_from("abc XY_1-:#'\"\\[]{},&*!|>%@`~=?/.éß\t"), min_size=1, max_size=12)


@given(words)
@settings(deadline=None)
def test_the_quick_look_sees_what_the_strict_reader_sees(written: str) -> None:
    found = quick_text(written.strip(" "))
    if found is not None and written.strip(" "):
        assert read_strict(f"key: {written.strip(' ')}\n", "x").value == {"key": found}


@given(texts)
@settings(deadline=None)
def test_whatever_is_written_is_read_as_the_same(text: str) -> None:
    for written in (quoted(text), bare(text)):
        assert read_strict(f"key: {written}\n", "x").value == {"key": text}
        assert not set(written) & set("\n\x1b\u202e\u200b\ufeff"), "nothing hides in the file"
        assert quick_text(written) == text


exports = st.builds(
    export,
    st.sampled_from(["S1", "S2", "S3"]),
    texts,
    st.sampled_from(["a.py", "b/c.py", "d e: f#.py", "no"]),
    description=st.text(max_size=300),
    signature=st.text(max_size=20),
    topic=st.sampled_from(["", "auth", "no", "a: b", "12"]),
    status=st.sampled_from(list(ExportStatus)),
)
values = st.tuples(
    st.lists(exports, max_size=6, unique_by=lambda e: e.key),
    st.lists(
        st.builds(decision, st.integers(1, 9), texts, st.sampled_from(["S1", "S2", None]), rationale=st.text(max_size=9)), max_size=5
    ),
    st.lists(st.builds(todo, st.integers(1, 9), texts, st.sampled_from(["S1", None]), st.sampled_from(["S2", None])), max_size=5),
)
SESSIONS = [session(1), session(2, "feature/auth"), session(3, "other/auth")]
KNOWN = {"S1", "S2", "S3"}


@given(values)
@settings(max_examples=200, deadline=None)
def test_what_is_written_is_read_back(value: tuple[list[Export], list[Decision], list[Todo]]) -> None:
    content = project(*value, SESSIONS)
    text = render(content, "", EMPTY, KNOWN)
    again = parse(text, "x")
    assert _plain(again) == _plain(content)
    assert render(content, text, EMPTY, KNOWN) == text, "and nothing is moved by writing it again"
    assert write(again) == text
    if text:
        assert list(read_strict(text, "x").value) == [pair.key for pair in content.pairs], "any reader of YAML takes it"


def _plain(content: Branch) -> Any:
    topics = {t.key: (t.session, [dict(e.values) for e in t.exports]) for t in content.topics}
    return topics, [dict(e.values) for e in content.decisions], [dict(e.values) for e in content.todos]


def test_a_first_file_has_the_specified_shape() -> None:
    text = render(
        project(
            [export("S1", "Account", description="A user's account.", signature="class Account"), export("S2", "Card", "src/pay.py")],
            [decision(1, "Use JWT", rationale="stateless"), decision(2, "No", None)],
            [todo(1, "use it"), todo(2, "write docs", None, None)],
            [session(1, "televibe/s1-user-accounts"), session(2, "feature/card-payments")],
        ),
        "",
    )
    assert text.split("\n", 1)[1] == (
        "interfaces:\n"
        "  user-accounts:\n"
        "    session: S1\n"
        "    exports:\n"
        "      - name: Account\n"
        "        file: src/auth.py\n"
        '        description: "A user\'s account."\n'
        '        signature: "class Account"\n'
        "\n"
        "  card-payments:\n"
        "    session: S2\n"
        "    exports:\n"
        "      - name: Card\n"
        "        file: src/pay.py\n"
        "\n"
        "decisions:\n"
        "  - date: 2025-12-13\n"
        "    session: S1\n"
        '    decision: "Use JWT"\n'
        '    rationale: "stateless"\n'
        "  - date: 2025-12-13\n"
        "    session: user\n"
        '    decision: "No"\n'
        "\n"
        "todos_for_others:\n"
        "  - from: S1\n"
        "    to: S2\n"
        '    message: "use it"\n'
        "  - from: user\n"
        "    to: anyone\n"
        '    message: "write docs"\n'
    )


def test_comments_and_unknown_keys_of_a_human_stay() -> None:
    before = (
        "# ours since 2020\n"
        "team: {lead: Ada}  # ask her\n"
        "interfaces:\n"
        "  auth:  # the old one\n"
        "    owner: Ada\n"
        "    session: S1\n"
        "    exports:\n"
        "    # the important one\n"
        "    - name: Account   # do not rename\n"
        "      file: src/auth.py\n"
        "      # one line\n"
        "      description: old\n"
        "      stability: [beta, 2]\n"
        "    - name: Gone\n"
        "      file: src/auth.py\n"
        "decisions:\n"
        "  - session: alice\n"
        "    decision: Tabs\n"
        "  # the end\n"
    )
    text = render(
        project(
            [export("S1", "Account", description="new", topic="auth"), export("S1", "Login", topic="auth")],
            [decision(1, "Tabs", None)],
            [],
            SESSIONS,
        ),
        before,
        retired([export("S1", "Gone", status=ExportStatus.gone)], [], [], SESSIONS),
        KNOWN,
    )
    assert text == (
        "# ours since 2020\n"
        "team: {lead: Ada}  # ask her\n"
        "interfaces:\n"
        "  auth:  # the old one\n"
        "    owner: Ada\n"
        "    session: S1\n"
        "    exports:\n"
        "    # the important one\n"
        "    - name: Account   # do not rename\n"
        "      file: src/auth.py\n"
        "      # one line\n"
        '      description: "new"\n'
        "      stability: [beta, 2]\n"
        "    - name: Login\n"
        "      file: src/auth.py\n"
        "decisions:\n"
        "  - session: alice\n"
        "    decision: Tabs\n"
        "    date: 2025-12-13\n"
        "  # the end\n"
    )


def test_what_the_store_never_heard_of_stays() -> None:
    text = render(project([], [decision(1, "New")], [], SESSIONS), SPECIFIED, EMPTY, KNOWN)
    assert text.startswith(SPECIFIED.partition("todos_for_others")[0].rstrip())
    assert '    decision: "New"\n' in text


def test_the_file_never_grows_beyond_what_is_read() -> None:
    many = [export("S1", f"Name{n}", f"src/module_{n}.py", description="d" * 150, signature="s" * 150) for n in range(3000)]
    content = project(many, [decision(n, "w" * 3900) for n in range(30)], [], SESSIONS)
    text = render(content, "", EMPTY, KNOWN)
    assert len(text.encode()) <= MAX_BYTES
    assert "Name2999" in text
    assert render(content, text, EMPTY, KNOWN) == text


def test_a_leaf_of_any_value_is_kept() -> None:
    text = "a: 1\nb:\n  c: [1, {d: e}]\n  # inside\n\n# above f\nf: |\n  # no comment\n  text\nempty:\n"
    content = parse(text, "x")
    assert [pair.value for pair in content.pairs if isinstance(pair, Leaf)] == [1, {"c": [1, {"d": "e"}]}, "# no comment\ntext\n", None]
    assert write(content) == text
