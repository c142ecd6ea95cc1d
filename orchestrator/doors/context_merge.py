"""``televibe context merge %O %A %B``: git's merge driver for the shared context file. Quick, and it never loses a side.

Git's rules (gitattributes(5)): the result goes into the file of our side; status 0 is a clean merge, 1 leaves a conflict.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

from orchestrator.doors.output import one_line
from orchestrator.verbs.context_file.conflict import whole_conflict
from orchestrator.verbs.context_file.merging import merge_texts


def merge_files(base: Path, ours: Path, theirs: Path) -> int:
    """Merge into ``ours``; the exit status for git."""
    texts = [path.read_bytes().decode("utf-8", errors="surrogateescape") for path in (base, ours, theirs)]
    merged, conflicts = _merged(*texts)
    ours.write_bytes(merged.encode("utf-8", errors="surrogateescape"))
    for words in conflicts:
        sys.stderr.write(f"televibe: {one_line(words, 200)}\n")
    return 1 if conflicts else 0


def _merged(base: str, ours: str, theirs: str) -> tuple[str, Sequence[str]]:
    try:
        return merge_texts(base, ours, theirs)
    except Exception as error:  # a fault of ours must not cost one side its work: git would take our side's file for the result
        return whole_conflict(ours, theirs), [f"the file could not be merged: {type(error).__name__}: {error}"]
