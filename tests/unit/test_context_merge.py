"""Merging the context file: what both sides added stands side by side, and only a real contradiction is a conflict."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from orchestrator.nouns.context_file import EMPTY, Branch, ContextFile, Entry, EntryKind, Leaf, Listing, Pair
from orchestrator.verbs.context_file.changes import changes
from orchestrator.verbs.context_file.merging import merge, merge_texts
from orchestrator.verbs.context_file.parse import parse
from orchestrator.verbs.context_file.write import write
from tests.unit.test_context_file import SPECIFIED


def file_of(exports: dict[str, list[dict[str, str]]], decisions: list[dict[str, str]], todos: list[dict[str, str]]) -> ContextFile:
    pairs: list[Pair] = []
    for topic, entries in exports.items():
        listing = Listing("exports", EntryKind.export, tuple(Entry(e) for e in entries))
        pairs.append(Branch(topic, (Leaf("session", topic.upper()), listing)))
    return Branch(
        "",
        (
            Branch("interfaces", tuple(pairs)),
            Listing("decisions", EntryKind.decision, tuple(Entry(e) for e in decisions)),
            Listing("todos_for_others", EntryKind.todo, tuple(Entry(e) for e in todos)),
        ),
    )


short = st.sampled_from(["a", "b", "c", "d", "e"])
export_entries = st.fixed_dictionaries({"name": short, "file": st.sampled_from(["x.py", "y.py"]), "description": short})
decision_entries = st.fixed_dictionaries({"date": st.just("2025-12-13"), "session": st.sampled_from(["S1", "S2"]), "decision": short})
todo_entries = st.fixed_dictionaries({"from": st.sampled_from(["S1", "S2"]), "to": st.just("S3"), "message": short})


def _once(entries: list[dict[str, str]], *keys: str) -> list[dict[str, str]]:
    return list({tuple(e[k] for k in keys): e for e in entries}.values())


files = st.builds(
    file_of,
    st.dictionaries(
        st.sampled_from(["s1", "s2", "s3"]), st.lists(export_entries, min_size=1, max_size=4).map(lambda e: _once(e, "name", "file"))
    ),
    st.lists(decision_entries, max_size=5).map(lambda e: _once(e, "session", "decision")),
    st.lists(todo_entries, max_size=5).map(lambda e: _once(e, "from", "message")),
)


def said(content: ContextFile) -> dict[str, Any]:
    """What a file says, in no order."""
    topics = {t.key: sorted(sorted(e.values.items()) for e in t.exports) for t in content.topics if t.exports}
    return {
        "topics": topics,
        "decisions": sorted(sorted(e.values.items()) for e in content.decisions),
        "todos": sorted(sorted(e.values.items()) for e in content.todos),
    }


def through_text(content: ContextFile) -> ContextFile:
    return parse(write(content), "x")


@given(files, files, files)
@settings(max_examples=300, deadline=None)
def test_it_does_not_matter_whose_side_is_ours(base: ContextFile, one: ContextFile, other: ContextFile) -> None:
    here, there = merge(base, one, other), merge(base, other, one)
    assert len(here.conflicts) == len(there.conflicts)
    if not here.conflicts:
        assert said(here.content) == said(there.content)
        assert said(through_text(here.content)) == said(here.content)


@given(files, files)
@settings(max_examples=200, deadline=None)
def test_a_side_that_changed_nothing_leaves_the_other_as_it_is(base: ContextFile, other: ContextFile) -> None:
    for done in (merge(base, base, other), merge(base, other, base), merge(base, other, other)):
        assert not done.conflicts
        assert said(done.content) == said(other)


@given(files, files, files)
@settings(max_examples=300, deadline=None)
def test_nothing_that_was_added_is_lost(base: ContextFile, one: ContextFile, other: ContextFile) -> None:
    text, conflicts = merge_texts(write(base), write(one), write(other))
    for side in (one, other):
        for added in changes(base, side, {"S1", "S2", "S3"}).added:
            key = {EntryKind.export: "name", EntryKind.decision: "decision", EntryKind.todo: "message"}[added.kind]
            assert added.entry.get(key) in text
            if not conflicts:
                assert added.key({"S1", "S2", "S3"}) in {p.key({"S1", "S2", "S3"}) for p in _placed(text)}


def _placed(text: str) -> list[Any]:
    from orchestrator.verbs.context_file.keys import placed

    return list(placed(parse(text, "x")))


@given(files)
@settings(max_examples=100, deadline=None)
def test_two_sides_from_nothing_unite(one: ContextFile) -> None:
    assert said(merge(EMPTY, one, EMPTY).content) == said(one)


OURS = SPECIFIED.replace(
    "  payments:\n", "  search:\n    session: S7\n    exports:\n      - name: find\n        file: find.py\n\n  payments:\n"
).replace("todos_for_others:\n", '  - date: 2025-12-14\n    session: S7\n    decision: "Use Lucene"\n\ntodos_for_others:\n')
THEIRS = (
    SPECIFIED.replace(
        "decisions:\n",
        "  mail:\n    session: S8\n    exports:\n      - name: send\n        file: send.py\n\ndecisions:\n  # first things first\n"
        '  - date: 2025-12-14\n    session: S8\n    decision: "Use SMTP"\n',
        1,
    )
    + '  - from: S8\n    to: S7\n    message: "index the mail"\n'
)


def test_both_sides_added_and_both_are_there_with_every_comment() -> None:
    text, conflicts = merge_texts(SPECIFIED, OURS, THEIRS)
    assert not conflicts
    content = parse(text, "x")
    assert [t.key for t in content.topics] == ["auth", "search", "payments", "mail"]
    assert {d.get("decision") for d in content.decisions} >= {"Use Lucene", "Use SMTP", "Use Stripe for payments"}
    assert [t.get("from") for t in content.todos] == ["S12", "S15", "S8"]
    assert "# first things first\n" in text
    assert text.startswith("# Updated by sessions, read by all\n")


def test_what_one_side_removed_is_gone() -> None:
    removed = SPECIFIED.replace('\n  - from: S15\n    to: S12\n    message: "Need user.payment_methods available in AuthContext"\n', "")
    text, conflicts = merge_texts(SPECIFIED, removed, THEIRS)
    assert not conflicts
    assert "payment_methods" not in text
    assert "index the mail" in text


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        (('"Use JWT for session tokens"', '"Use PASETO"'), ('"Use JWT for session tokens"', '"Use opaque tokens"')),
        (('"Best API, good Python SDK"', '"cheap"'), ('"Best API, good Python SDK"', '"well known"')),
        (("session: S15\n    exports", "session: S16\n    exports"), ("session: S15\n    exports", "session: S17\n    exports")),
        (('"Authentication context with user session"', '"One"'), ('"Authentication context with user session"', '"Two"')),
    ],
    ids=["words", "reason", "whose topic", "export"],
)
def test_a_contradiction_is_an_ordinary_conflict_around_that_entry_alone(ours: tuple[str, str], theirs: tuple[str, str]) -> None:
    text, conflicts = merge_texts(SPECIFIED, OURS.replace(*ours), THEIRS.replace(*theirs))
    assert len(conflicts) == 1
    before, _, rest = text.partition("<<<<<<< ours\n")
    one, _, rest = rest.partition("=======\n")
    other, _, after = rest.partition(">>>>>>> theirs\n")
    new = (ours[1].split("\n")[0], theirs[1].split("\n")[0])
    assert new[0] in one
    assert new[1] in other
    assert not any(new[n] in before + after for n in (0, 1))
    for side in (one, other):
        settled = parse(before + side + after, "x")
        assert {t.get("message") for t in settled.todos} >= {"index the mail"}
        assert {d.get("decision") for d in settled.decisions} >= {"Use Lucene", "Use SMTP"}


def test_keys_of_one_export_changed_on_both_sides_are_taken_together() -> None:
    entry = "      - name: PaymentProcessor\n"
    ours = SPECIFIED.replace(entry, f"{entry}        status: declared\n").replace("processor.py", "processor.py")
    theirs = SPECIFIED.replace('"Handles payment transactions"', '"Handles payments"').replace(
        entry, f"{entry}        status: changed\n"
    )
    text, conflicts = merge_texts(SPECIFIED, ours, theirs)
    assert not conflicts
    (export,) = parse(text, "x").topics[1].exports
    assert (export.get("description"), export.get("status")) == ("Handles payments", "changed")


@pytest.mark.parametrize("broken", ["decisions: [\n", "a: 1\na: 2\n", "<<<<<<< x\n"])
def test_a_side_that_cannot_be_read_is_not_lost(broken: str) -> None:
    for ours, theirs in ((broken, OURS), (OURS, broken)):
        text, conflicts = merge_texts(SPECIFIED, ours, theirs)
        assert conflicts
        assert set(ours.splitlines()) <= set(text.splitlines())
        assert set(theirs.splitlines()) <= set(text.splitlines())
        assert text.count(">>>>>>> theirs\n") == 1
