"""The quarantine: a bare repository of our own that shares a user's objects and has nothing else of theirs.

Its settings are ours. No hook, merge driver, filter, text conversion or file-system monitor is known in it, so that none can run;
objects that a check makes stay in it. Of the user's settings it takes those that are mere data and change what a merge gives.
"""

from __future__ import annotations

import hashlib
import os
import re
import tempfile
import zlib
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from orchestrator.boundaries.git.run import Recorder, environment, git_status, run_git
from orchestrator.nouns.errors import GitError, NotReady

DATA = (
    "merge.renames",
    "merge.renamelimit",
    "merge.directoryrenames",
    "merge.renormalize",
    "diff.renames",
    "diff.renamelimit",
    "core.ignorecase",
    "core.bigfilethreshold",
)
"""Settings of the user's that are taken over (git-config(1)): they say how to merge, and name no program."""

REGULAR = ("100644", "100755")

BUILT_IN = {"text", "binary", "union"}
"""Merge drivers that are part of git: ``merge.default`` may name one of them (gitattributes(5))."""

PROMISOR = re.compile(r"remote\..*\.promisor$", re.DOTALL)

NAME_BYTES = 4000
"""A file name as long as a path may be; git says it seven times for one conflict, which fills any buffer of up to 28 kB."""


@dataclass(frozen=True)
class Origin:
    """The user's repository, as found."""

    root: str  # where git commands about it are run: the main worktree, or the bare repository
    common: Path  # its git directory, which linked worktrees share
    bare: bool
    shallow: bool
    partial: bool  # objects are fetched when they are needed: some are missing
    kind: str  # of object names: sha1 or sha256
    settings: Mapping[str, str]  # the user's that count for a merge
    filters: tuple[str, ...]  # drivers that the user's settings define, such as lfs
    attributes: Path  # the user's own attributes file, whether it is there or not

    @classmethod
    async def find(cls, path: str, record: Recorder) -> Origin:
        """The repository ``path`` is in. ``NotReady``: there is none."""
        where = Path(path)
        if not where.is_dir():
            raise NotReady(f"{path} is not a directory", "pass --repo PATH of a git repository")
        facts = ["--is-bare-repository", "--is-shallow-repository", "--show-object-format"]
        status, out, err = await git_status(path, ["rev-parse", *facts, "--path-format=absolute", "--git-common-dir"], record=record)
        if status != 0:
            if b"dubious ownership" in err:
                raise NotReady(f"{where.resolve()} belongs to somebody else", "git config --global --add safe.directory PATH")
            raise NotReady(f"{where.resolve()} is not in a git repository", "run `git init` there, or pass --repo PATH")
        bare, shallow, kind, common = out.decode(errors="surrogateescape").removesuffix("\n").split("\n", 3)
        _, listed, _ = await git_status(path, ["worktree", "list", "--porcelain", "-z"], record=record)
        main = listed.decode(errors="surrogateescape").split("\0", 1)[0].removeprefix("worktree ")
        _, found, _ = await git_status(path, ["config", "--list", "-z"], record=record)
        settings = dict(field.partition("\n")[::2] for field in found.decode(errors="surrogateescape").split("\0") if field)
        partial = "extensions.partialclone" in settings or any(PROMISOR.match(key) for key in settings)
        root = main if main and Path(main).is_dir() else common
        filters = tuple(sorted({key[len("filter.") :].rpartition(".")[0] for key in settings if key.startswith("filter.")}))
        attributes = Path(settings.get("core.attributesfile") or _DEFAULT_ATTRIBUTES).expanduser()
        return cls(root, Path(common), bare == "true", shallow == "true", partial, kind, _data(settings), filters, attributes)


@dataclass(frozen=True)
class Quarantine:
    """``push``: two commits of ours that conflict in a file with a very long name. ``merged``: where merges put their objects."""

    path: Path
    push: tuple[str, str]
    origin: Origin
    merged: Path

    @classmethod
    def make(cls, path: Path, origin: Origin, merged: Path) -> Quarantine:
        """Make it, or bring an old one up to date: alternates, borders of a shallow clone, settings."""
        for directory in ("refs/heads", "objects/info", "objects/pack", "info"):
            (path / directory).mkdir(mode=0o700, parents=True, exist_ok=True)
        sha256 = origin.kind == "sha256"
        extension = "[extensions]\n\tobjectformat = sha256\n" if sha256 else ""
        parts = [(*key.split(".", 1), value) for key, value in origin.settings.items()]
        core = f"[core]\n\trepositoryformatversion = {int(sha256)}\n\tbare = true\n\tlooseCompression = 1\n"
        settings = "".join(f"[{section}]\n\t{name} = {value}\n" for section, name, value in parts)
        written(path / "HEAD", "ref: refs/heads/none\n")
        written(path / "config", f"{core}{extension}{settings}")
        written(path / "objects" / "info" / "alternates", f"{_quoted(str(origin.common / 'objects'))}\n")
        borders = origin.common / "shallow"
        written(path / "shallow", borders.read_text() if borders.is_file() else "")
        return cls(path, _push(path / "objects", origin.kind), origin, merged)

    @property
    def alternates(self) -> str:
        """The user's object directory, for ``GIT_ALTERNATE_OBJECT_DIRECTORIES``."""
        return _quoted(str(self.origin.common / "objects"), os.pathsep)

    def store(self, kind: bytes, content: bytes) -> str:
        """An object of ours: its name."""
        return _stored(self.path / "objects", self.origin.kind, kind, content)

    def commit(self, tree: str, parent: str, message: str) -> str:
        """A commit of ours: the same for the same tree, parent and message."""
        return self.store(b"commit", _commit(tree, parent, message))

    def environment(self) -> dict[str, str]:
        """For git in here: settings of the machine and of the user are not read, nothing is fetched."""
        return environment(
            {**_ALONE, "GIT_DIR": str(self.path), "GIT_ALTERNATE_OBJECT_DIRECTORIES": _quoted(str(self.merged), os.pathsep)}
        )

    def merging(self) -> dict[str, str]:
        """For git that merges."""
        ours = _quoted(str(self.path / "objects"), os.pathsep)
        return {**self.environment(), "GIT_OBJECT_DIRECTORY": str(self.merged), "GIT_ALTERNATE_OBJECT_DIRECTORIES": ours}

    async def git(
        self,
        *arguments: str,
        record: Recorder,
        stdin: bytes | None = None,
        allowed: Sequence[int] = (0,),
    ) -> bytes:
        """Run git in here. ``GitError`` unless it ends as allowed."""
        return await run_git(str(self.path), arguments, record=record, stdin=stdin, extra=self.environment(), allowed=allowed)

    async def of_origin(self, *arguments: str, record: Recorder, allowed: Sequence[int] = (0,)) -> bytes:
        """Ask git about the user's repository."""
        return await run_git(self.origin.root, arguments, record=record, extra={"GIT_OPTIONAL_LOCKS": "0"}, allowed=allowed)

    async def check_out(self, tree: str, parent: str, place: Path, record: Recorder) -> None:
        """``tree`` as files in a new repository ``place`` that borrows its objects, its head a commit of ours on top of ``parent``."""
        commit = self.commit(tree, parent, "televibe: merged")
        await run_git(str(self.path), ["init", "-q", "--template=", f"--object-format={self.origin.kind}", str(place)], record=record)
        borrowed = (self.path / "objects", self.merged, self.origin.common / "objects")
        written(place / ".git" / "objects" / "info" / "alternates", "".join(f"{_quoted(str(path))}\n" for path in borrowed))
        await run_git(str(place), ["reset", "-q", "--hard", commit], record=record, extra=_ALONE)


_ALONE = {
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_ATTR_NOSYSTEM": "1",
    "GIT_NO_LAZY_FETCH": "1",
    "GIT_OPTIONAL_LOCKS": "0",
}

_DEFAULT_ATTRIBUTES = "~/.config/git/attributes"


def _data(settings: Mapping[str, str]) -> dict[str, str]:
    """Those of the user's settings that count for a merge."""
    plain = {key: value for key, value in settings.items() if key in DATA and value.isascii() and value.isalnum()}
    default = settings.get("merge.default", "")
    return {**plain, "merge.default": default} if default in BUILT_IN else plain


def _push(objects: Path, kind: str) -> tuple[str, str]:
    trees = []
    for content in (b"0\n", b"1\n", b"2\n"):
        blob = _stored(objects, kind, b"blob", content)
        trees.append(_stored(objects, kind, b"tree", b"100644 " + b"p" * NAME_BYTES + b"\0" + bytes.fromhex(blob)))
    base = _stored(objects, kind, b"commit", _commit(trees[0], ""))
    one, other = (_stored(objects, kind, b"commit", _commit(tree, base)) for tree in trees[1:])
    return one, other


def _commit(tree: str, parent: str, message: str = "push") -> bytes:
    who = "TeleVibe <televibe@localhost> 946684800 +0000"
    above = f"parent {parent}\n" if parent else ""
    return f"tree {tree}\n{above}author {who}\ncommitter {who}\n\n{message}\n".encode()


def _stored(objects: Path, algorithm: str, kind: bytes, content: bytes) -> str:
    """A loose object (gitrepository-layout(5)): its name. Seven of them are not worth seven processes."""
    whole = kind + f" {len(content)}\0".encode() + content
    name = hashlib.new(algorithm, whole, usedforsecurity=False).hexdigest()
    path = objects / name[:2] / name[2:]
    path.parent.mkdir(exist_ok=True)
    if not path.exists():
        written(path, zlib.compress(whole))
    return name


def written(path: Path, text: str | bytes) -> None:
    """Put in place as a whole, and only when it differs: processes may be reading it."""
    content = text.encode(errors="surrogateescape") if isinstance(text, str) else text
    if path.is_file() and path.read_bytes() == content:
        return
    with tempfile.NamedTemporaryFile(dir=path.parent, prefix=".televibe-", delete=False) as beside:
        beside.write(content)
    try:
        Path(beside.name).replace(path)
    except OSError as error:
        with suppress(OSError):
            Path(beside.name).unlink()
        raise GitError(f"{path} cannot be written: {error.strerror}") from error


def _quoted(path: str, separator: str = "\n") -> str:
    """For ``info/alternates``, where a separator or a quote in front would mean something else (gitrepository-layout(5))."""
    if "\n" not in path and separator not in path and not path.startswith(('"', "#")):
        return path
    return '"' + path.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n") + '"'
