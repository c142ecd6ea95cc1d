"""How a job's diff changes what its session exports."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from orchestrator.nouns.interface import Export, ExportStatus, SymbolChangeKind
from orchestrator.verbs.symbols import changed_symbols, exports_of

A = "src/a.py"


def changes(before: str | None, after: str | None, path: str = A) -> list[tuple[str, str, str | None]]:
    old = {} if before is None else {path: before.encode()}
    new = {} if after is None else {path: after.encode()}
    return [(c.kind.value, c.symbol.name, c.old_signature) for c in changed_symbols(old, new)]


def exports(before: str, after: str, known: list[Export] | None = None) -> dict[str, Export]:
    found = exports_of(
        changed_symbols({A: before.encode()}, {A: after.encode()}),
        session_id="S1",
        project_id="P1",
        commit="c" * 40,
        job_id="J1",
        known=known or [],
    )
    return {e.name: e for e in found}


def test_a_new_file_adds_what_it_offers() -> None:
    assert changes(None, "def f(): ...\ndef _g(): ...") == [("added", "f", None)]


def test_a_deleted_file_takes_it_away() -> None:
    assert changes("def f(): ...", None) == [("removed", "f", "def f()")]


def test_another_signature_is_a_change_that_tells_the_old_one() -> None:
    assert changes("def f(a): ...", "def f(a, b): ...") == [("changed", "f", "def f(a)")]


def test_another_kind_is_a_change() -> None:
    assert changes("def F(): ...", "class F: ...") == [("changed", "F", "def F()")]


def test_another_body_place_or_docstring_is_none() -> None:
    assert changes("def f(): return 1", "X = 1\n\ndef f():\n    'Doc.'\n    return 2") == [("added", "X", None)]


def test_a_file_that_does_not_parse_takes_nothing_away() -> None:
    assert changes("def f(): ...", "def f(:") == []
    assert changes("export function f() {}\nexport function g() {}", "export function f( {\nexport function g() {}", "a.ts") == []


def test_a_file_that_parses_again_offers_its_symbols() -> None:
    assert changes("def f(:", "def f(): ...") == [("added", "f", None)]


def test_tests_change_nothing() -> None:
    assert changes(None, "def test_f(): ...", "tests/test_a.py") == []


def test_a_renamed_file_takes_away_in_one_place_and_adds_in_the_other() -> None:
    found = changed_symbols({"a.py": b"def f(): ..."}, {"b.py": b"def f(): ..."})
    assert [(c.kind, c.symbol.file) for c in found] == [(SymbolChangeKind.removed, "a.py"), (SymbolChangeKind.added, "b.py")]


names = st.sets(st.sampled_from(["alpha", "beta", "gamma", "delta"]))


@given(names, names)
def test_added_and_removed_are_the_difference_of_the_two_states(before: set[str], after: set[str]) -> None:
    def source(functions: set[str]) -> bytes:
        return "\n".join(f"def {name}(): ..." for name in sorted(functions)).encode()

    found = changed_symbols({A: source(before)}, {A: source(after)})
    assert {c.symbol.name for c in found if c.kind is SymbolChangeKind.added} == after - before
    assert {c.symbol.name for c in found if c.kind is SymbolChangeKind.removed} == before - after
    assert not [c for c in found if c.kind is SymbolChangeKind.changed]


def test_exports_say_where_they_were_seen() -> None:
    export = exports("", 'def login(name: str) -> bool:\n    """Log in."""')["login"]
    assert export.key == "S1:src/a.py:login"
    assert (export.status, export.commit, export.job_id, export.line) == (ExportStatus.found, "c" * 40, "J1", 1)
    assert (export.signature, export.description) == ("def login(name: str) -> bool", "Log in.")


def test_an_export_is_found_then_changed_then_gone_then_found_again() -> None:
    first = exports("", "def f(): ...")
    second = exports("def f(): ...", "def f(a): ...", [*first.values()])
    third = exports("def f(a): ...", "", [*second.values()])
    fourth = exports("", "def f(): ...", [*third.values()])
    assert [e["f"].status for e in (first, second, third, fourth)] == [
        ExportStatus.found,
        ExportStatus.changed,
        ExportStatus.gone,
        ExportStatus.found,
    ]


def test_what_was_there_before_the_session_and_is_taken_away_is_gone() -> None:
    assert exports("def old(): ...", "")["old"].status is ExportStatus.gone


def test_a_second_look_at_the_same_job_gives_the_same_exports() -> None:
    first = exports("", "def f(): ...")
    assert exports("", "def f(): ...", [*first.values()]) == first
