"""What the radar decides by itself: attributes in one file, merge bases of many heads, hunks and their lines."""

from __future__ import annotations

import subprocess
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from orchestrator.verbs.attributes import together
from orchestrator.verbs.hunks import changed_part, hunks_of
from orchestrator.verbs.merge_bases import merge_bases
from tests.repos import git, make_repo

ATTRIBUTES = {
    ".gitattributes": "[attr]ours merge=ours\n*.txt merge=union\n/top.md -merge\n*.lock ours\n",
    "a/.gitattributes": "# words\n*.txt -merge\n/own.md merge=union\nb/deep.md merge=binary\nsub/ text\n",
    "a/b/.gitattributes": '*.txt !merge\n"with space.md" merge=union\n',
    "odd [x]/.gitattributes": "*.md merge=union\n",
}
PATHS = ["x.txt", "top.md", "a/x.txt", "a/own.md", "a/b/own.md", "a/b/deep.md", "a/b/x.txt", "a/b/c/x.txt", "a/b/with space.md"]
PATHS += ["odd [x]/d/y.md", "odd x/y.md", "a/top.md", "a/y.lock"]


def test_attributes_in_one_file_mean_what_they_mean_in_a_tree(tmp_path: Path) -> None:
    tree = make_repo(tmp_path / "tree", ATTRIBUTES)
    git(tmp_path, "init", "-q", "--bare", "bare")
    (tmp_path / "one").write_text(together("*.md merge=text\n", ATTRIBUTES, "*.txt text\n"))
    (tree / ".git" / "info" / "attributes").write_text("*.txt text\n")
    (tmp_path / "user").write_text("*.md merge=text\n")
    asked = "".join(f"{path}\n" for path in PATHS)

    def told(repo: Path, file: Path) -> str:
        words = ["git", "-c", f"core.attributesFile={file}", "check-attr", "--stdin", "merge", "text"]
        return subprocess.run(words, cwd=repo, input=asked, capture_output=True, text=True, check=True).stdout

    assert told(tmp_path / "bare", tmp_path / "one") == told(tree, tmp_path / "user")


@settings(max_examples=60)
@given(st.lists(st.lists(st.integers(0, 30), max_size=2, unique=True), min_size=2, max_size=14), st.data())
def test_merge_bases_are_the_common_ancestors_that_no_other_one_has(shape: list[list[int]], data: st.DataObject) -> None:
    parents = {n: sorted({p % n for p in some}) if n else [] for n, some in enumerate(shape)}
    reach = dict[int, set[int]]()
    for n in range(len(shape)):
        reach[n] = {n}.union(*(reach[p] for p in parents[n]))
    heads = data.draw(st.lists(st.sampled_from(range(len(shape))), min_size=2, max_size=5, unique=True))
    shared = set.intersection(*(reach[head] for head in heads))
    common = [c for c in shared if not any(c in reach[other] - {other} for other in shared)] if data.draw(st.booleans()) else []
    left_out = set[int]().union(*(reach[c] for c in common))
    listed = [n for n in reversed(range(len(shape))) if n not in left_out and any(n in reach[head] for head in heads)]
    bases = merge_bases(
        [f"{n:02}" for n in heads], [[f"{n:02}", *(f"{p:02}" for p in parents[n])] for n in listed], [f"{c:02}" for c in common]
    )
    for a in heads:
        for b in heads:
            both = reach[a] & reach[b]
            best = {c for c in both if not any(c in reach[other] - {other} for other in both)}
            assert set(bases.of(f"{a:02}", f"{b:02}")) == {f"{c:02}" for c in best}


def test_a_hunk_stands_where_each_side_has_it() -> None:
    a, b = b"x\nsame\nmine\nend\nsame\nmine\n", b"y\nx\nsame\nyours\nend\nsame\n"
    merged = b"y\nx\nsame\n<<<<<<< A\nmine\n=======\nyours\n>>>>>>> B:f\nend\nsame\n<<<<<<< A\nmine\n=======\n>>>>>>> B\n"
    first, second = hunks_of("f", merged, a, b, "A", "B")
    assert [(first.a.line, first.a.text), (first.b.line, first.b.text)] == [(3, "mine"), (4, "yours")]
    assert [(second.a.line, second.a.text), (second.b.line, second.b.text)] == [(6, "mine"), (7, "")]
    assert changed_part(b"1\n2\n3\n", b"1\ntwo\n3\n") == (2, ["two"])
