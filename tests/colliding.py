"""A repository whose branches collide in every way git knows, made by one ``git fast-import``; and what git says of two of them."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

from tests.repos import WHO, git

LINES = "".join(f"line {n}\n" for n in range(1, 41))
BASE = {
    **{f"pkg/{name}.py": f"# {name}\n{LINES}" for name in "abcdef"},
    **{f"old/{name}.py": f"# old {name}\n{LINES}" for name in "uvw"},
    "list.txt": "one\ntwo\nthree\n",
    "whole.txt": "one\ntwo\nthree\n",
    "deep/notes/log.txt": "one\ntwo\nthree\n",
    "blob.bin": "\0\1\2" * 50,
    "run.sh": f"#!/bin/sh\n{LINES}",
    ".gitattributes": "list.txt merge=union\nwhole.txt -merge\n*.py merge=theirs-driver diff=python\n",
    "deep/.gitattributes": "log.txt merge=union\n",
}


def _edited(path: str, line: int, text: str) -> str:
    lines = BASE[path].splitlines(keepends=True)
    lines[line] = f"{text}\n"
    return "".join(lines)


def edit(path: str, line: int, text: str) -> str:
    return put(path, _edited(path, line, text))


def put(path: str, text: str, mode: str = "100644") -> str:
    return f'M {mode} inline "{path}"\ndata {len(text.encode())}\n{text}\n'


def link(path: str, number: int) -> str:
    return f'M 160000 {str(number) * 40} "{path}"\n'


def drop(path: str) -> str:
    return f'D "{path}"\n'


def move(old: str, new: str) -> str:
    return f'R "{old}" "{new}"\n'


BRANCHES: dict[str, str] = {
    "edit-top": edit("pkg/a.py", 2, "top"),
    "edit-top-too": edit("pkg/a.py", 2, "another top"),
    "edit-bottom": edit("pkg/a.py", 38, "bottom"),
    "same-edit": edit("pkg/a.py", 2, "top") + edit("pkg/b.py", 2, "b"),
    "delete": drop("pkg/a.py"),
    "rename": move("pkg/a.py", "pkg/renamed.py"),
    "rename-elsewhere": move("pkg/a.py", "pkg/elsewhere.py"),
    "rename-onto-added": move("pkg/b.py", "pkg/renamed.py"),
    "rename-and-edit": move("pkg/a.py", "pkg/moved.py") + put("pkg/moved.py", _edited("pkg/a.py", 2, "moved top")),
    "add": put("new/one.py", "a = 1\n"),
    "add-too": put("new/one.py", "a = 2\n"),
    "add-the-same": put("new/one.py", "a = 1\n"),
    "directory-renamed": move("old", "young"),
    "directory-to-sub": move("old", "pkg/old"),
    "directory-split": move("old/u.py", "left/u.py") + move("old/v.py", "right/v.py") + drop("old/w.py"),
    "add-in-directory": put("old/added.py", "x = 1\n"),
    "add-in-both-directories": put("young/added.py", "x = 2\n") + put("old/other.py", "y = 1\n"),
    "move-into-directory": move("pkg/c.py", "old/c.py"),
    "file-at-directory": put("place", "a file\n"),
    "directory-at-file": put("place/inside.py", "i = 1\n"),
    "executable": put("run.sh", BASE["run.sh"], "100755"),
    "executable-edited": put("run.sh", _edited("run.sh", 3, "echo"), "100755"),
    "script-edited": edit("run.sh", 3, "echo other"),
    "to-symlink": put("pkg/d.py", "a.py", "120000"),
    "to-other-symlink": put("pkg/d.py", "b.py", "120000"),
    "symlink-or-edit": edit("pkg/d.py", 5, "edited"),
    "binary": put("blob.bin", "\0\1\3" * 50),
    "binary-too": put("blob.bin", "\0\1\4" * 50),
    "submodule": link("vendor/lib", 1),
    "submodule-too": link("vendor/lib", 2),
    "file-for-submodule": put("vendor/lib", "not a submodule\n"),
    "union": put("list.txt", "one\ntwo\nmine\n") + put("deep/notes/log.txt", "one\nmine\nthree\n"),
    "union-too": put("list.txt", "one\ntwo\nyours\n") + put("deep/notes/log.txt", "one\nyours\nthree\n"),
    "whole": put("whole.txt", "ONE\ntwo\nthree\n"),
    "whole-too": put("whole.txt", "one\ntwo\nTHREE\n"),
    "attributes": put(".gitattributes", "pkg/a.py merge=union\n") + edit("pkg/a.py", 2, "with attributes"),
    "nothing": "",
    "twins": put("Readme", "big\n") + put("README", "BIG\n"),
    "strange-name": put("a\\tb \\303\\244.py", "s = 1\n"),
    "strange-name-too": put("a\\tb \\303\\244.py", "s = 2\n"),
}


def make_colliding(path: Path) -> Path:
    """main, a branch for each of ``BRANCHES``, three that cross each other, and one that is related to none."""
    path.mkdir(parents=True)
    git(path, "init", "-q", "-b", "main")
    number = 0

    def commit(branch: str, changes: str, parents: tuple[str, ...]) -> str:
        nonlocal number
        number += 1
        above = "".join(f"{'from' if n == 0 else 'merge'} {parent}\n" for n, parent in enumerate(parents))
        who = f"Ada <ada@example.org> {1_600_000_000 + number} +0000"
        return f"commit refs/heads/{branch}\nmark :{number}\ncommitter {who}\ndata 4\nwork\n{above}{changes}\n"

    stream = commit("main", "".join(put(name, text) for name, text in BASE.items()), ())
    for name, changes in BRANCHES.items():
        stream += commit(name, changes, (":1",))
    stream += commit("cross-a", edit("pkg/e.py", 2, "a"), (":1",)) + commit("cross-b", edit("pkg/e.py", 38, "b"), (":1",))
    one, other = f":{number - 1}", f":{number}"
    both = put("pkg/e.py", _edited("pkg/e.py", 2, "a").replace("line 38\n", "b\n"))
    stream += commit("cross-a", both, (one, other)) + commit("cross-b", both, (other, one))
    merged = f":{number}"
    stream += commit("cross-b", put("pkg/e.py", _edited("pkg/e.py", 2, "a again")), (merged,))
    stream += commit("cross-c", edit("pkg/e.py", 2, "c"), (one,))
    stream += commit("unrelated", put("pkg/a.py", "all mine\n"), ())
    subprocess.run(["git", "fast-import", "--quiet"], cwd=path, input=stream.encode(), env={**os.environ, **WHO}, check=True)
    git(path, "reset", "-q", "--hard", "main")
    return path


def by_merge_tree(repo: Path, a: str, b: str) -> tuple[bool, str, set[tuple[str, str, str, str]], list[str]]:
    """What one ``git merge-tree`` says: clean, tree, the stages of unmerged paths, the kinds of conflict in their order."""
    done = subprocess.run(
        ["git", "merge-tree", "--write-tree", "-z", a, b], cwd=repo, env={**os.environ, **WHO}, capture_output=True, check=False
    )
    assert done.returncode <= 1, done.stderr
    tree, *rest = done.stdout.decode(errors="surrogateescape").split("\0")
    stages, kinds = set(), []
    while rest and rest[0]:
        facts, path = rest.pop(0).split("\t", 1)
        mode, blob, number = facts.split()
        stages.add((number, mode, blob, path))
    rest = rest[1:]
    while rest and rest[0].isdigit():
        count = int(rest[0])
        kinds.append(rest[count + 1])
        rest = rest[count + 3 :]
    return done.returncode == 0, tree, stages, [kind for kind in kinds if kind.startswith("CONFLICT")]


def by_merge(worktree: Path, a: str, b: str) -> tuple[bool, str, set[tuple[str, str, str, str]]]:
    """What a real ``git merge`` of ``b`` in a worktree at ``a`` leaves: clean, tree if so, unmerged entries. The worktree is ours."""
    git(worktree, "checkout", "-q", "--force", "--detach", a)
    git(worktree, "clean", "-fdqx")
    done = subprocess.run(
        ["git", "merge", "-q", "--no-edit", "-m", "m", b], cwd=worktree, env={**os.environ, **WHO}, capture_output=True, check=False
    )
    assert done.returncode <= 1, done.stderr
    if done.returncode == 0:
        return True, git(worktree, "rev-parse", "HEAD^{tree}"), set()
    entries = set()
    for line in git(worktree, "ls-files", "-u", "-z").split("\0"):
        if line:
            facts, path = line.split("\t", 1)
            mode, blob, number = facts.split()
            entries.add((number, mode, blob, path))
    git(worktree, "reset", "-q", "--hard")
    return False, "", entries
