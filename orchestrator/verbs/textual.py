"""What git says about a merge, as findings: which files, how they collide, and what stands there on each side."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from orchestrator.nouns.compared import Merge, Said, Stage
from orchestrator.nouns.conflict import Cause, ConflictKind, Finding, Place, Severity
from orchestrator.nouns.context_file import FILE
from orchestrator.verbs.hunks import Hunk, changed_part, hunks_of, shortened

FILES_SHOWN = 20
"""Files of one merge whose content is shown as evidence; the others are named."""

REGULAR = ("100644", "100755")
KINDS = {
    "file/directory": Cause.directory,
    "file location": Cause.directory,
    "directory rename": Cause.directory,
    "implicit dir": Cause.directory,
    "rename": Cause.rename,
    "submodule": Cause.submodule,
    "modify/delete": Cause.modify_delete,
    "binary": Cause.binary,
    "distinct": Cause.mode,
    "contents": Cause.content,
}
"""By a word of git's type of a conflict (merge-ort.c, type_short_descriptions). Of several about one file, the first in this order is
what to tell. A type that git has learned since counts as a conflict of contents."""


@dataclass
class _Group:
    """What git said about files that have to do with each other."""

    files: set[str]
    causes: set[Cause] = field(default_factory=set)

    @property
    def cause(self) -> Cause:
        return next((cause for cause in KINDS.values() if cause in self.causes), Cause.content)


def wanted(merge: Merge) -> list[str]:
    """The objects that evidence is taken from: each side's version, and the merged one with its conflict markers."""
    shown = [stage for stage in merge.stages if stage.mode in REGULAR and stage.path in set(merge.paths[:FILES_SHOWN])]
    both = {stage.path for stage in shown if stage.number == 2} & {stage.path for stage in shown if stage.number == 3}
    return [*(stage.blob for stage in shown), *(f"{merge.tree}:{path}" for path in sorted(both))]


def textual(merge: Merge, objects: Mapping[str, bytes]) -> list[Finding]:
    """Findings of a merge that is not clean. A contradiction in the shared context alone is none: it is merged by its entries."""
    found = []
    for group in _groups(merge):
        files = tuple(sorted(group.files))
        if files != (FILE,):
            found.append(_finding(merge, group, files, objects))
    return found


def unrelated(shallow: bool) -> Finding:
    """Two branches without a common ancestor: git refuses to merge them."""
    why = (
        "no common ancestor in this shallow clone; `git fetch --unshallow` shows whether there is one"
        if shallow
        else "no common ancestor"
    )
    return Finding(kind=ConflictKind.textual, cause=Cause.unrelated, severity=Severity.high, files=(), summary=why)


def _groups(merge: Merge) -> list[_Group]:
    groups: list[_Group] = []
    said = merge.said or (Said(merge.paths, "CONFLICT (contents)", ""),)
    for one in said:
        group = _Group({plain(path, merge) for path in one.paths}, {_cause(one, merge.stages)})
        for other in [other for other in groups if other.files & group.files]:
            group = _Group(group.files | other.files, group.causes | other.causes)
            groups.remove(other)
        groups.append(group)
    return groups


def plain(path: str, merge: Merge) -> str:
    """The path without the name of a commit that git hangs on when two things cannot have it both (merge-ort.c, unique_path)."""
    for commit in (merge.a, merge.b):
        path = path.partition(f"~{commit}")[0]
    return path


def _cause(said: Said, stages: Sequence[Stage]) -> Cause:
    kind = said.kind if "CONFLICT (" not in said.text else said.kind + said.text[: said.text.find(")")]
    cause = next((cause for word, cause in KINDS.items() if word in kind), Cause.content)
    numbers = {stage.number for stage in stages if stage.path in said.paths}
    return Cause.both_added if cause is Cause.content and numbers == {2, 3} else cause


def _finding(merge: Merge, group: _Group, files: tuple[str, ...], objects: Mapping[str, bytes]) -> Finding:
    stages = [stage for stage in merge.stages if plain(stage.path, merge) in group.files]
    hunks = list(_marked(merge, stages, objects)) if group.cause in {Cause.content, Cause.both_added, Cause.rename} else []
    cause = Cause.both_added if group.causes == {Cause.both_added} else group.cause
    a = tuple(hunk.a for hunk in hunks) or tuple(_stood(merge, stages, 2, objects))
    b = tuple(hunk.b for hunk in hunks) or tuple(_stood(merge, stages, 3, objects))
    return Finding(
        kind=ConflictKind.textual,
        cause=cause,
        severity=Severity.high,
        files=files,
        summary=_summary(cause, files, a, b),
        a=a,
        b=b,
        adapts=_smaller(hunks),
    )


def _marked(merge: Merge, stages: Sequence[Stage], objects: Mapping[str, bytes]) -> Iterator[Hunk]:
    """The hunks between git's markers, in every file that both sides have."""
    sides = {(stage.path, stage.number): objects.get(stage.blob) for stage in stages}
    for path in sorted({stage.path for stage in stages}):
        merged, a, b = objects.get(f"{merge.tree}:{path}"), sides.get((path, 2)), sides.get((path, 3))
        if merged is not None and a is not None and b is not None:
            yield from hunks_of(plain(path, merge), merged, a, b, merge.a, merge.b)


def _stood(merge: Merge, stages: Sequence[Stage], side: int, objects: Mapping[str, bytes]) -> Iterator[Place]:
    """What one side has, where there are no markers: its change, or what kind of thing it is, or that it is gone."""
    base = {plain(stage.path, merge): stage for stage in stages if stage.number == 1}
    mine = {plain(stage.path, merge): stage for stage in stages if stage.number == side}
    for path in sorted(base.keys() | mine.keys())[:FILES_SHOWN]:
        stage = mine.get(path)
        if stage is None:
            if not mine:
                yield Place(path=path, line=0, text="not there")
        elif base and path not in base:
            yield Place(path=path, line=0, text=f"renamed from {', '.join(sorted(base))}")
        elif stage.mode not in REGULAR:
            yield Place(path=path, line=0, text=_other_kind(stage))
        else:
            yield _change(path, objects.get(base[path].blob) if path in base else b"", objects.get(stage.blob))


def _other_kind(stage: Stage) -> str:
    return f"submodule at {stage.blob[:10]}" if stage.mode == "160000" else "symbolic link"


def _change(path: str, before: bytes | None, after: bytes | None) -> Place:
    if after is None or before is None:
        return Place(path=path, line=0, text="large file")
    if b"\0" in after[:8000]:  # as git tells them (xdiff-interface.c, buffer_is_binary)
        return Place(path=path, line=0, text=f"binary, {len(after):,} bytes")
    line, text = changed_part(before, after)
    return Place(path=path, line=line, text=shortened(text))


def _smaller(hunks: Sequence[Hunk]) -> str:
    """The side that has less to change."""
    a, b = sum(hunk.lines_a for hunk in hunks), sum(hunk.lines_b for hunk in hunks)
    return "" if a == b else "a" if a < b else "b"


def _summary(cause: Cause, files: tuple[str, ...], a: Sequence[Place], b: Sequence[Place]) -> str:
    lines = sorted({place.line for place in (*a, *b) if place.line})
    where = f"{_named(files)}{f', line {lines[0]}' if lines and len(files) == 1 else ''}"
    match cause:
        case Cause.both_added:
            return f"both added {where}, with different content"
        case Cause.modify_delete:
            return f"one side changed {where}, the other one deleted it"
        case Cause.rename:
            deleted = any(place.text == "not there" for place in (*a, *b))
            return f"{'renamed here, deleted there' if deleted else 'renamed differently'}: {_named(files)}"
        case Cause.directory:
            return f"a directory of one side is in the way of the other's, or was renamed: {_named(files)}"
        case Cause.binary:
            return f"both changed {_named(files)}, which is binary"
        case Cause.submodule:
            return f"both moved the submodule {_named(files)}"
        case Cause.mode:
            return f"{_named(files)} is a different kind of thing on each side"
        case _:
            return f"both changed {where}"


def _named(files: tuple[str, ...]) -> str:
    return ", ".join(files[:3]) + (f" and {len(files) - 3} more" if len(files) > 3 else "")
