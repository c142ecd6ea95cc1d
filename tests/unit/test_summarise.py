"""A job's summary: facts of git and code, short, the same every time."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from orchestrator.nouns.interface import Export, ExportStatus, SymbolKind
from orchestrator.nouns.repo import ChangeKind, Commit, FileChange
from orchestrator.verbs.summarise import summarise_job


def commit(subject: str, parents: int = 1) -> Commit:
    return Commit(sha="a" * 40, parents=("b" * 40,) * parents, subject=subject, body="", author="x", at="2026-01-01T00:00:00Z")


def export(name: str, status: ExportStatus = ExportStatus.found, kind: SymbolKind = SymbolKind.function) -> Export:
    return Export(
        session_id="S1", project_id="P1", name=name, kind=kind, file="a.py", line=1, signature=f"def {name}()", description="",
        status=status, commit="c", job_id="J1",
    )  # fmt: skip


ADDED = FileChange(path="src/auth.py", kind=ChangeKind.added)


def test_without_commits_it_says_so() -> None:
    assert summarise_job([], [], [], "") == "No commits were made."
    assert summarise_job([], [], [], "All done!").splitlines() == ["No commits were made.", "The agent said: All done!"]


def test_it_names_commits_files_and_interfaces() -> None:
    files = [
        ADDED,
        FileChange(path="b.py", kind=ChangeKind.deleted),
        FileChange(path="new.py", kind=ChangeKind.renamed, old_path="old.py"),
        FileChange(path="c.py", kind=ChangeKind.modified),
    ]
    exports = [
        export("login"),
        export("Account.find", kind=SymbolKind.method),
        export("pay", ExportStatus.changed),
        export("old", ExportStatus.gone),
    ]
    assert summarise_job([commit("Add login"), commit("Fix it")], files, exports, "I added login.").splitlines() == [
        "2 commits: Add login; Fix it.",
        "Changed 4 files: src/auth.py (new), b.py (deleted), new.py (was old.py), c.py.",
        "New interfaces: login. Changed interfaces: pay. Gone interfaces: old.",
        "The agent said: I added login.",
    ]


def test_many_things_are_counted() -> None:
    text = summarise_job([commit(f"Step {n}") for n in range(9)], [ADDED] * 9, [export(f"f{n}") for n in range(9)], "")
    assert "9 commits: Step 0; Step 1; Step 2; Step 3; Step 4 and 4 more." in text
    assert "Changed 9 files:" in text
    assert "f4 and 4 more." in text


def test_merges_are_told_apart() -> None:
    assert summarise_job([commit("Mine"), commit("Merge x", 2)], [ADDED], [], "").startswith("1 commit and 1 merge: Mine.")


def test_commits_that_change_nothing_are_called_that() -> None:
    assert summarise_job([commit("Empty")], [], [], "") == "1 commit: Empty. No file differs."


@given(
    st.lists(st.text()),
    st.lists(st.text(min_size=1)),
    st.text(),
)
def test_it_is_always_one_to_four_lines(subjects: list[str], paths: list[str], words: str) -> None:
    files = [FileChange(path=p, kind=ChangeKind.modified) for p in paths]
    lines = summarise_job([commit(s) for s in subjects], files, [export("f")], words).splitlines()
    assert 1 <= len(lines) <= 4
    assert all(len(line) < 1000 for line in lines)
