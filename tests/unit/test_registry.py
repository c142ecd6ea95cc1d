"""The registry of interfaces against the code: what is there, what is not, who uses it, who may stop waiting; and who is woken."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from orchestrator.nouns.interface import Dependency, DependencyState, Export, ExportStatus, SymbolKind
from orchestrator.nouns.message import Author, Message, MessageState, MessageType
from orchestrator.nouns.session import Session, SessionState
from orchestrator.verbs.registry import change_told, kept_otherwise, kept_promises, met_by, owners_words_kept, uses, verify
from orchestrator.verbs.talk import call_to, settled_by_job, should_call, tells_its_sender, worth_nothing

NOW = datetime(2026, 1, 1, tzinfo=UTC)
HEAD = "c" * 40
SOURCE = (
    b'class Session:\n    """A login."""\n\n    def close(self) -> None:\n        pass\n\n\ndef login(name: str) -> Session:\n    ...\n'
)


def export(name: str = "login", **fields: Any) -> Export:
    told = {"signature": "", "description": "", "status": ExportStatus.declared, "line": 0, "commit": "", "job_id": ""}
    place = {"session_id": "S1", "project_id": "P1", "kind": SymbolKind.other, "file": "shop/accounts.py"}
    return Export(**{"name": name, **told, **place, **fields})


def found(name: str = "login", **fields: Any) -> Export:
    return export(name, **{"status": ExportStatus.found, "signature": f"def {name}() -> None", "commit": HEAD, **fields})


def needs(name: str = "login", **fields: Any) -> Dependency:
    return Dependency(**{"session_id": "S2", "project_id": "P1", "name": name, "created_at": NOW, **fields})


def test_a_declaration_that_the_code_keeps_gets_signature_and_line_from_it() -> None:
    kept, missing = verify(export(description="logs in"), SOURCE, commit=HEAD)
    assert missing == ""
    assert (kept.status, kept.kind, kept.line) == (ExportStatus.found, SymbolKind.function, 8)
    assert (kept.signature, kept.description, kept.commit) == ("def login(name: str) -> Session", "logs in", HEAD)
    assert verify(export("Session"), SOURCE, commit=HEAD).export.description == "A login.", "the code's own words come first"
    assert verify(export("Session.close"), SOURCE, commit=HEAD).export.kind is SymbolKind.method


@pytest.mark.parametrize(
    ("declared", "text", "why"),
    [
        (export("logout"), SOURCE, "shop/accounts.py has no public logout at cccccccccc; it offers Session, Session.close, login"),
        (export("_login"), SOURCE, "has no public _login"),
        (export(), None, "there is no file shop/accounts.py"),
        (export(), b"def login(:\n", "could not be read as a whole"),
        (export("POST /login", file="api.yaml"), b"paths: {}\n", "api.yaml does not mention POST /login"),
    ],
)
def test_one_that_it_does_not_keep_says_why(declared: Export, text: bytes | None, why: str) -> None:
    verdict = verify(declared, text, commit=HEAD)
    assert why in verdict.missing
    assert verdict.export == declared, "and stays what its owner said"


def test_what_no_parser_sees_is_looked_for_by_its_name() -> None:
    endpoint = export("POST /login", file="api.yaml", signature="name, password → token")
    kept = verify(endpoint, b"paths:\n  POST /login: {}\n", commit=HEAD).export
    assert (kept.status, kept.line, kept.signature) == (ExportStatus.found, 2, "name, password → token")


def test_a_new_signature_of_what_was_seen_before_is_a_change() -> None:
    before = found(signature="def login() -> Session")
    assert verify(before, SOURCE, commit=HEAD).export.status is ExportStatus.changed


def test_a_promise_without_a_place_is_over_when_its_name_is_there() -> None:
    promise = export(file="", status=ExportStatus.promised, signature="def login(name: str) -> Session")
    assert verify(promise, None, commit=HEAD).missing == ""
    (over,) = kept_promises([promise, export("other", file="", status=ExportStatus.promised)], [found()])
    assert (over.key, over.status) == (promise.key, ExportStatus.gone)
    assert kept_promises([promise], []) == []


@pytest.mark.parametrize(
    ("announced", "otherwise"),
    [
        ("def login() -> Session", False),
        ("login( ) -> Session:", False),  # written by hand
        ("def login(name: str) -> Session", True),
        ("def login() -> bool", True),
    ],
)
def test_a_promise_is_kept_as_announced_or_otherwise(announced: str, otherwise: bool) -> None:
    promise = export(status=ExportStatus.promised, signature=announced)
    kept = found(signature="def login() -> Session")
    assert kept_otherwise([promise], [kept]) == ({kept.key: announced} if otherwise else {})
    assert kept_otherwise([found(signature=announced)], [kept]) == {}, "only a promise is kept"
    assert kept_otherwise([promise], [promise]) == {}, "it is not there yet"


def test_what_the_owner_said_of_it_stays_when_the_code_is_read_again() -> None:
    said = export(description="logs in", topic="auth")
    assert [(e.topic, e.description) for e in owners_words_kept([found()], [said])] == [("auth", "logs in")]
    assert owners_words_kept([found(description="the code's")], [said])[0].description == "the code's"


def test_a_dependency_is_met_by_what_the_code_has_and_by_nobody_elses_promise() -> None:
    assert met_by([needs()], [export(status=ExportStatus.promised), export()]) == []
    (met,) = met_by([needs()], [found()])
    assert (met.dependency.state, met.dependency.export_key) == (DependencyState.met, "S1:shop/accounts.py:login")
    assert met_by([needs(on_session="S3")], [found()]) == []
    assert met_by([needs(session_id="S1")], [found()]) == [], "nobody waits for himself"
    assert met_by([needs(state=DependencyState.met)], [found()]) == []


def test_the_last_part_of_a_name_is_enough_when_there_is_only_one() -> None:
    assert len(met_by([needs("close")], [found("Session.close")])) == 1
    assert met_by([needs("close")], [found("Session.close"), found("Cart.close", file="shop/cart.py")]) == []


@pytest.mark.parametrize(
    ("text", "is_use"),
    [
        (b"from shop.accounts import login\n", True),
        (b"import shop.accounts\n\nshop.accounts.login(1)\n", True),
        (b"def login() -> None: ...\n", False),  # the name alone is somebody else's
        (b"from shop.accounts import logout\n", False),
        (b"from shop.accounts import login_all\n", False),
    ],
)
def test_a_file_uses_an_interface_when_it_names_it_and_where_it_is_from(text: bytes, is_use: bool) -> None:
    assert uses({"shop/pay.py": text}, found()) == ("shop/pay.py" if is_use else "")
    assert uses({"shop/accounts.py": text}, found()) == "", "the file itself is no user"


def test_both_signatures_are_told() -> None:
    changed = found(status=ExportStatus.changed, signature="def login(name: str) -> Session")
    told = change_told(changed, "def login() -> Session", "televibe/s1")
    assert "was: def login() -> Session\nnow: def login(name: str) -> Session" in told
    gone = change_told(found(status=ExportStatus.gone), "def login() -> Session", "televibe/s1")
    assert "was taken away. It was: def login() -> Session" in gone


def session(**fields: Any) -> Session:
    standing = {"project_id": "P1", "role": "tester", "branch": "b", "worktree": "/w", "base_commit": "0", "agent": "scripted"}
    return Session(**{"id": "S2", "created_at": NOW, "updated_at": NOW, **standing, **fields})


def message(type_: MessageType = MessageType.need_input, **fields: Any) -> Message:
    standing = {"id": "M1", "project_id": "P1", "from_session": "S1", "to_session": "S2", "content": "?", "created_at": NOW}
    return Message(**{"type": type_, **standing, **fields})


def test_who_is_woken_by_what() -> None:
    assert should_call(message(), session(), 4, busy=False)
    assert not should_call(message(MessageType.fyi), session(), 4, busy=False)
    assert should_call(message(MessageType.fyi), session(), 4, busy=False, reply_to=message()), "it waits for that answer"
    ready = message(MessageType.interface_ready)
    assert not should_call(ready, session(), 4, busy=False), "a session that says so knows nobody who waits"
    assert should_call(ready.model_copy(update={"author": Author.televibe, "from_session": None}), session(), 4, busy=False)
    assert not should_call(message(), session(), 4, busy=True)
    assert not should_call(message(from_session="S2"), session(), 4, busy=False), "not by its own words"
    assert not should_call(message(hops=5), session(), 4, busy=False)
    assert not should_call(message(state=MessageState.delivered), session(), 4, busy=False), "once"
    for state in set(SessionState) - {SessionState.idle}:
        assert not should_call(message(), session(state=state), 4, busy=False)


def test_what_settles_a_message() -> None:
    delivered = MessageState.delivered
    assert settled_by_job(message(MessageType.fyi, state=delivered))
    assert not settled_by_job(message(state=delivered)), "it wants an answer"
    assert not settled_by_job(message(MessageType.fyi))
    assert worth_nothing(message(expires_at=NOW), NOW)
    assert not worth_nothing(message(expires_at=NOW, state=MessageState.acknowledged), NOW)
    assert not worth_nothing(message(expires_at=NOW + timedelta(seconds=1)), NOW)
    assert tells_its_sender(message())
    assert not tells_its_sender(message(MessageType.notice))
    assert "in_reply_to" in call_to([message()])
    assert "in_reply_to" not in call_to([message(MessageType.response)])
