"""The context index: one spec over the lexical ranker, the vector ranker and both fused; and what happens when its files break."""

from __future__ import annotations

import asyncio
import os
import shutil
import subprocess
import sys
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator.boundaries.index.chroma import ChromaIndex, VectorsUnusable
from orchestrator.boundaries.index.embedding import DIMENSIONS, Embedding, Vectors, prepare
from orchestrator.boundaries.index.fused import FusedIndex, fuse
from orchestrator.boundaries.index.lexical import LexicalIndex
from orchestrator.boundaries.index.open import open_index
from orchestrator.boundaries.index.protocol import Index
from orchestrator.nouns.retrieval import Document, DocumentKind, Hit


def export(id_: str, text: str, session: str = "S1") -> Document:
    return Document(id=id_, kind=DocumentKind.export, session_id=session, text=text)


LOGIN = export("S1:auth.py:login", "login src/auth.py def login(user_name: str, password: str) -> Account Log a user in.")
REFUND = export("S2:pay.py:refundPayment", "refundPayment src/pay.py def refundPayment(charge: Charge) Pay a card charge back.", "S2")
CHART = export("S3:chart.py:draw_axis", "draw_axis src/chart.py def draw_axis(ticks: int) Draw the axis of a chart.", "S3")
STRIPE = Document(id="D1", kind=DocumentKind.decision, session_id="S2", text="Use Stripe for card payments because of its SDK")
BY_USER = Document(id="D2", kind=DocumentKind.decision, session_id=None, text="Passwords of a user are hashed with argon2")
ALL = (LOGIN, REFUND, CHART, STRIPE, BY_USER)


@pytest.fixture(scope="session")
def embedding() -> Embedding:
    return Embedding()


@pytest.fixture(params=["lexical", "vector", "fused"])
async def index(request: pytest.FixtureRequest, tmp_path: Path, embedding: Embedding) -> AsyncIterator[Index]:
    opened: Index
    match request.param:
        case "lexical":
            opened = LexicalIndex()
        case "vector":
            opened = await ChromaIndex.open(tmp_path / "vectors", embedding)
        case _:
            opened = FusedIndex(LexicalIndex(), await ChromaIndex.open(tmp_path / "vectors", embedding))
    yield opened
    await opened.close()


async def ids(index: Index, query: str, *, kinds: tuple[DocumentKind, ...] = (), not_session: str | None = None) -> list[str]:
    return [hit.document.id for hit in await index.search(query, kinds=kinds, not_session=not_session)]


def elsewhere(program: str, directory: Path) -> str:
    """What a process of its own prints."""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    command = [sys.executable, "-c", program, str(directory)]
    return subprocess.run(command, capture_output=True, text=True, check=True, env=environment).stdout


# one spec for every index


async def test_what_the_instruction_is_about_comes_first(index: Index) -> None:
    await index.upsert(ALL)
    assert (await ids(index, "let a user log in with a password"))[0] == LOGIN.id
    assert (await ids(index, "refund the payment of a card charge"))[0] == REFUND.id


async def test_an_identifier_is_found_by_its_parts(index: Index) -> None:
    await index.upsert(ALL)
    assert (await ids(index, "axis of the chart"))[0] == CHART.id
    assert (await ids(index, "refund_payment"))[0] == REFUND.id


async def test_scores_lie_between_0_and_1_and_fall(index: Index) -> None:
    await index.upsert(ALL)
    scores = [hit.score for hit in await index.search("card payments of a user")]
    assert scores
    assert scores == sorted(scores, reverse=True)
    assert all(0 < score <= 1 for score in scores)


async def test_only_the_asked_kinds_are_found(index: Index) -> None:
    await index.upsert(ALL)
    found = await ids(index, "card payments with a user's password", kinds=(DocumentKind.decision,))
    assert STRIPE.id in found
    assert set(found) <= {STRIPE.id, BY_USER.id}


async def test_a_session_is_not_told_what_it_made_itself(index: Index) -> None:
    await index.upsert(ALL)
    found = await ids(index, "card payments", not_session="S2")
    assert REFUND.id not in found
    assert STRIPE.id not in found
    assert BY_USER.id in await ids(index, "passwords of a user", not_session="S2")


async def test_a_document_with_a_known_id_replaces_the_old_one(index: Index) -> None:
    await index.upsert(ALL)
    await index.upsert([export(LOGIN.id, "sign_out src/auth.py def sign_out() End the visit.")])
    assert (await ids(index, "sign out, end the visit"))[0] == LOGIN.id
    assert LOGIN.id not in await ids(index, "hashed passwords")
    assert len(await index.known()) == len(ALL)


async def test_the_last_of_two_with_one_id_counts(index: Index) -> None:
    await index.upsert([export("a", "draw the axis of a chart"), export("a", "log a user in")])
    hits = await index.search("log a user in")
    assert [hit.document.text for hit in hits] == ["log a user in"]


async def test_what_is_removed_is_not_found(index: Index) -> None:
    await index.upsert(ALL)
    await index.remove([LOGIN.id, "never there"])
    assert LOGIN.id not in await ids(index, "log in a user with a password")
    assert await index.known() == {d.id for d in ALL} - {LOGIN.id}


async def test_an_empty_index_finds_nothing(index: Index) -> None:
    assert await index.search("anything") == []
    assert await index.known() == set()
    await index.upsert([])
    await index.remove(["nothing"])


@pytest.mark.parametrize(
    "query",
    ["", " \n\t", "?!… --- ((((", "🎉🎉🎉", "\x00\x1b[31m", "\ud800", "the of and", "用户登录", "a" * 1_000_000, "user " * 200_000],
)
async def test_odd_queries_are_answered(index: Index, query: str) -> None:
    await index.upsert(ALL)
    assert len(await index.search(query)) <= len(ALL)


@pytest.mark.parametrize("text", ["", "🎉", "\x00", "\ud800 lone", "x " * 100_000])
async def test_odd_documents_are_taken(index: Index, text: str) -> None:
    await index.upsert([export("odd", text), LOGIN])
    assert await index.known() == {"odd", LOGIN.id}
    assert LOGIN.id in await ids(index, "log in a user")


async def test_at_most_the_asked_number_is_found(index: Index) -> None:
    await index.upsert([export(f"e{n}", f"login{n} log a user in") for n in range(30)])
    assert len(await index.search("log a user in", limit=7)) == 7
    assert await index.search("log a user in", limit=0) == []


async def test_a_rare_kind_is_found_among_many_others(index: Index) -> None:
    await index.upsert([export(f"e{n}", f"charge{n} pay by card") for n in range(600)])
    await index.upsert([STRIPE, BY_USER])
    assert (await ids(index, "card payments", kinds=(DocumentKind.decision,)))[0] == STRIPE.id


async def test_it_says_which_rankers_are_on(index: Index) -> None:
    described = index.describe()
    assert ("lexical" in described) == (not isinstance(index, ChromaIndex))
    assert ("vector" in described) == (not isinstance(index, LexicalIndex))


# the lexical ranker


async def test_many_replacements_leave_no_trace() -> None:
    index = LexicalIndex()
    for turn in range(5):
        await index.upsert([export(f"e{n}", f"turn{turn} number{n} login") for n in range(200)])
    assert len(await index.known()) == 200
    assert {h.document.text.split()[0] for h in await index.search("login", limit=500)} == {"turn4"}


# fusing


def hit(id_: str, ranker: str) -> Hit:
    return Hit(document=export(id_, id_), score=0.5, rankers=(ranker,))


def test_what_both_find_comes_before_what_one_finds() -> None:
    fused = fuse([hit("a", "lexical"), hit("both", "lexical")], [hit("b", "vector"), hit("both", "vector")])
    assert [h.document.id for h in fused] == ["both", "a", "b"]
    assert fused[0].rankers == ("lexical", "vector")


def test_first_with_both_is_a_full_score() -> None:
    assert fuse([hit("a", "lexical")], [hit("a", "vector")])[0].score == pytest.approx(1.0)


@given(st.lists(st.sampled_from("abcdefgh"), unique=True), st.lists(st.sampled_from("abcdefgh"), unique=True))
def test_fusing_keeps_every_document_once(exact: list[str], near: list[str]) -> None:
    fused = fuse([hit(i, "lexical") for i in exact], [hit(i, "vector") for i in near])
    assert sorted(h.document.id for h in fused) == sorted({*exact, *near})
    assert all(0 < h.score <= 1 for h in fused)


# the embedding


def test_related_texts_lie_closer_than_unrelated_ones(embedding: Embedding) -> None:
    login, sign_in, chart = embedding.embed(["loginUser with password", "sign in with credentials", "draw the axis of a chart"])
    assert login @ sign_in > 2 * login @ chart


def test_vectors_have_length_one_whatever_the_text(embedding: Embedding) -> None:
    vectors = embedding.embed(["log a user in", "", "\ud800", "🎉", "x" * 50_000])
    assert vectors.shape == (5, DIMENSIONS)
    assert vectors.dtype == np.float32
    assert np.linalg.norm(vectors, axis=1) == pytest.approx(np.ones(5), abs=1e-4)


def test_identifiers_and_paths_are_split() -> None:
    assert prepare("src/userAccounts.py HTTPServer max_len2") == "src user accounts py http server max len 2"


def test_neither_wordllama_nor_a_network_client_nor_a_model_runtime_is_loaded(tmp_path: Path) -> None:
    program = (
        "import asyncio, sys, pathlib\n"
        "from orchestrator.boundaries.index.open import open_index\n"
        "async def main():\n"
        "    index = await open_index(pathlib.Path(sys.argv[1]), 'P1')\n"
        "    await index.search('x')\n"
        "    print(index.describe())\n"
        "    await index.close()\n"
        "asyncio.run(main())\n"
        "print([m for m in ('wordllama', 'requests', 'onnxruntime', 'torch', 'posthog') if m in sys.modules])\n"
    )
    described, loaded = elsewhere(program, tmp_path).splitlines()
    assert "vector" in described
    assert loaded == "[]"


# what lies on disk


async def filled(directory: Path) -> Path:
    """An index with everything in it, closed; returns where Chroma's files are."""
    index = await open_index(directory, "P1")
    assert isinstance(index, FusedIndex)
    await index.upsert(ALL)
    await index.close()
    return directory / "P1" / "1"


async def test_documents_are_there_after_opening_it_again(tmp_path: Path) -> None:
    await filled(tmp_path)
    index = await open_index(tmp_path, "P1")
    assert await index.known() == {d.id for d in ALL}
    hits = await index.search("log in a user with a password")
    assert hits[0].document == LOGIN
    assert hits[0].rankers == ("lexical", "vector")
    found = await index.search("passwords are hashed", kinds=[DocumentKind.decision])
    assert found[0].document == BY_USER
    await index.close()


async def test_projects_do_not_see_each_other(tmp_path: Path) -> None:
    await filled(tmp_path)
    other = await open_index(tmp_path, "P2")
    assert await other.known() == set()
    await other.close()


class Backwards(Embedding):
    """Another embedding: its vectors tell the other one nothing."""

    def embed(self, texts: Sequence[str]) -> Vectors:
        return np.ascontiguousarray(super().embed(texts)[:, ::-1])


async def test_vectors_of_another_embedding_are_made_anew(tmp_path: Path, embedding: Embedding) -> None:
    old = await ChromaIndex.open(tmp_path, Backwards(), name="an older one")
    await old.upsert(ALL)
    await old.close()
    index = await ChromaIndex.open(tmp_path, embedding, name="a newer one")
    assert await index.known() == {d.id for d in ALL}
    assert (await ids(index, "log in a user with a password"))[0] == LOGIN.id
    await index.close()


def database_is_garbage(files: Path) -> None:
    (files / "chroma.sqlite3").write_bytes(b"not a database" * 500)


def database_is_cut(files: Path) -> None:
    os.truncate(files / "chroma.sqlite3", (files / "chroma.sqlite3").stat().st_size // 2)


def database_is_a_directory(files: Path) -> None:
    (files / "chroma.sqlite3").unlink()
    (files / "chroma.sqlite3").mkdir()


def directory_is_a_file(files: Path) -> None:
    shutil.rmtree(files)
    files.write_text("in the way")


@pytest.mark.parametrize("damage", [database_is_garbage, database_is_cut, database_is_a_directory, directory_is_a_file])
async def test_a_broken_index_is_set_aside_and_begun_anew(tmp_path: Path, damage: object, caplog: pytest.LogCaptureFixture) -> None:
    files = await filled(tmp_path)
    assert callable(damage)
    damage(files)
    index = await open_index(tmp_path, "P1")
    assert "action=index.set_aside" in caplog.text
    assert "vector" in index.describe()
    assert await index.known() == set()  # so that the engine adds everything again
    await index.upsert(ALL)
    await index.close()
    again = await open_index(tmp_path, "P1")
    assert await again.known() == {d.id for d in ALL}
    assert files.exists()
    await again.close()


async def test_an_index_that_another_process_holds_is_left_to_it(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    files = await filled(tmp_path)
    program = (
        "import sqlite3, sys\n"
        "connection = sqlite3.connect(sys.argv[1])\n"
        "connection.execute('BEGIN EXCLUSIVE')\n"
        "print('held', flush=True)\n"
        "sys.stdin.read()\n"
    )
    holder = await asyncio.create_subprocess_exec(
        sys.executable, "-c", program, str(files / "chroma.sqlite3"), stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert holder.stdout is not None
    try:
        assert await holder.stdout.readline() == b"held\n"
        index = await open_index(tmp_path, "P1")
        assert "database is locked" in caplog.text
        assert "vector" in index.describe()
        await index.upsert(ALL)
        assert (await ids(index, "log in a user"))[0] == LOGIN.id
        await index.close()
    finally:
        holder.kill()
        await holder.wait()


async def test_a_lost_graph_is_noticed(tmp_path: Path) -> None:
    """In another process, as Chroma keeps a graph in memory once it was read."""
    files = tmp_path / "P1" / "1"
    program = (
        "import asyncio, sys, pathlib\n"
        "from orchestrator.boundaries.index.open import open_index\n"
        "from orchestrator.nouns.retrieval import Document\n"
        "async def main():\n"
        "    index = await open_index(pathlib.Path(sys.argv[1]), 'P1')\n"
        "    documents = [Document(id=f'e{n}', kind='export', session_id='S1', text=f'word{n} log a user in') for n in range(1200)]\n"
        "    await index.upsert(documents)\n"
        "    await index.close()\n"
        "asyncio.run(main())\n"
    )
    elsewhere(program, tmp_path)
    graph = [f for f in files.rglob("*") if f.is_file() and f.parent != files]
    assert graph
    for file in graph:
        file.unlink()
    with pytest.raises(VectorsUnusable):
        await ChromaIndex.open(files)


async def test_without_a_usable_directory_the_lexical_ranker_works_alone(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / "P1").write_text("in the way")
    index = await open_index(tmp_path, "P1")
    assert "action=index.lexical_only" in caplog.text
    assert index.describe() == "lexical (BM25)"
    await index.upsert(ALL)
    assert (await ids(index, "log in a user"))[0] == LOGIN.id
    await index.close()


async def test_when_chroma_fails_in_the_middle_the_lexical_ranker_goes_on(
    tmp_path: Path, embedding: Embedding, caplog: pytest.LogCaptureFixture
) -> None:
    vector = await ChromaIndex.open(tmp_path, embedding)
    index = FusedIndex(LexicalIndex(), vector)
    await index.upsert([LOGIN])
    await vector.close()
    await index.upsert([REFUND])
    await index.settled()
    assert "action=index.vector_left_out" in caplog.text
    assert index.describe() == "lexical (BM25)"
    assert set(await ids(index, "log a user in, refund a payment")) == {LOGIN.id, REFUND.id}
    await index.remove([LOGIN.id])
    await index.close()
