"""A use whose target is not there any more: renamed, moved, removed, or given as something else on the way to it."""

from __future__ import annotations

from orchestrator.nouns.code import DefinitionKind, Use, UseKind
from orchestrator.nouns.conflict import Cause, Severity
from orchestrator.verbs.semantic.indexed import interface
from orchestrator.verbs.semantic.origin import fate_of, module_fate
from orchestrator.verbs.semantic.target import Meaning, Target
from orchestrator.verbs.semantic.told import Places, Trouble, told

PRESENT = frozenset({Meaning.thing, Meaning.module, Meaning.instance})


def lost(use: Use, at: Places) -> Trouble | None:
    if _for_checkers_only(use, at) and at.new.follow(at.new_path, use.chain[:1]).meaning is Meaning.missing:
        return None
    for length in range(1, len(use.chain) + 1):
        after = at.new.follow(at.new_path, use.chain[:length])
        if after.meaning is Meaning.missing:
            before = at.old.follow(at.old_path, use.chain[:length])
            return _gone(use, at, before, after) if before.meaning in PRESENT else None
    return None


def _for_checkers_only(use: Use, at: Places) -> bool:
    file = at.old.view.file(at.old_path)
    got = file.imports.get(use.chain[0]) if file else None
    return got is not None and got.typing_only


def _gone(use: Use, at: Places, before: Target, after: Target) -> Trouble | None:
    if before.definition is None:
        fate = module_fate(at.other, before.path, [])
        return Trouble(fate.cause, Severity.high, before.path, before.path, None, fate.path, None, fate.words)
    if use.kind is UseKind.assign and before.definition.kind is DefinitionKind.field:
        return None  # it makes the attribute
    if after.definition is not None and _became_foreign(at, after):
        return None
    if after.path == "" or (after.definition is not None and _still_there(at, before)):
        return _given_instead(use, at)
    fate = fate_of(at.other, before.path, before.definition)
    if fate.cause is Cause.removed and after.path != before.path and _still_there(at, before):
        fate = fate._replace(words=f"of {before.path} is not offered by {after.path or 'its package'} any more")
    return Trouble(fate.cause, Severity.high, before.path, before.definition.name, before.definition, fate.path, fate.now, fate.words)


def _still_there(at: Places, before: Target) -> bool:
    """The thing itself is as it was: what changed is how the use comes to it."""
    path = at.other.renames.get(before.path, before.path)
    file = at.new.view.file(path)
    return file is not None and before.definition is not None and before.definition.name in file.definitions


def _given_instead(use: Use, at: Places) -> Trouble | None:
    """Something on the way to it gives another thing than it did."""
    for length in range(len(use.chain), 0, -1):
        before, after = at.old.follow(at.old_path, use.chain[:length]), at.new.follow(at.new_path, use.chain[:length])
        if before.definition is None or after.definition is None or not (before.meaning is after.meaning is Meaning.thing):
            continue
        if before.definition.name != after.definition.name or interface(before.definition) != interface(after.definition):
            lost = next((step for step in use.chain[length:] if step.isidentifier()), use.chain[-1])
            return told(Cause.returns, before, after, f"gives something without {lost} now")
    return None


def _became_foreign(at: Places, after: Target) -> bool:
    """Its class has a new base from outside of the tree, which may have the member."""
    cls = after.definition
    if cls is None or not at.new.open(after.path, cls):
        return False
    file = at.old.view.file(after.path)
    was = file.definitions.get(cls.name) if file else None
    return was is None or was.bases != cls.bases
