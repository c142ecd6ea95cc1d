"""Uses of things of which nothing is known but the name: an attribute that was one class's only, and that this class let go."""

from __future__ import annotations

from orchestrator.nouns.code import Use
from orchestrator.nouns.conflict import Severity
from orchestrator.verbs.semantic.origin import fate_of
from orchestrator.verbs.semantic.target import Meaning, Target
from orchestrator.verbs.semantic.told import Places, Trouble
from orchestrator.verbs.semantic.trouble import changed

COMMON = frozenset(
    name for kind in (str, list, dict, set, int, float, bytes, tuple, BaseException, type, property) for name in dir(kind)
) | {
    "read",
    "write",
    "close",
    "open",
    "run",
    "start",
    "stop",
    "name",
    "id",
    "get",
    "set",
    "path",
    "value",
    "send",
    "flush",
    "exists",
    "parse",
}
"""Attributes that many things have."""


def by_name(use: Use, at: Places) -> Trouble | None:
    """Of a use of an unknown thing: when an attribute of that name was one class's only, and that class let it go. No
    other class or module that was read may give the name to anything."""
    variable, attribute = use.chain[0].lstrip("?"), use.chain[1]
    if use.guarded or attribute in COMMON or attribute in at.new.view.names or not attribute.isidentifier():
        return None
    found = [lost for lost in at.other.lost if "." in lost.before.name and lost.before.name.rpartition(".")[2] == attribute]
    if len(found) != 1 or not _resembles(variable, found[0].before.name.split(".")[-2], at):
        return None
    lost = found[0]
    subject = Target(Meaning.thing, lost.path, lost.before, bound=True)
    if lost.after is None:
        fate = fate_of(at.other, lost.path, lost.before)
        return Trouble(fate.cause, Severity.medium, lost.path, lost.before.name, lost.before, fate.path, fate.now, fate.words)
    if len(use.chain) > 2:
        return None
    after = Target(Meaning.thing, lost.path, lost.after, bound=True)
    found_trouble = changed(use, at, subject, after)
    return found_trouble._replace(severity=Severity.medium) if found_trouble else None


def _resembles(variable: str, cls: str, at: Places) -> bool:
    """``order``, ``new_order``, ``o`` for ``Order``; or the file itself speaks of the class."""
    file = at.new.view.file(at.new_path)
    plain = variable.lower().replace("_", "").rstrip("s0123456789")
    name = cls.lower().lstrip("_")
    return (bool(plain) and (name.endswith(plain) or plain.endswith(name))) or (file is not None and cls in file.mentioned)
