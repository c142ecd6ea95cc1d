"""Survival: what of each side a resolution kept, from the texts before, on both sides and after. Pure.

Lines count as they read: spaces make no difference, and neither does the order. A line that one side added and the result does not
have is lost, unless a line that is new in the result is much like it: two edits of one line that became a third are a resolution. A
line that moved to another file, or whose file was renamed, survived.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from difflib import SequenceMatcher

from orchestrator.nouns.survival import Kept, Loss, Survival
from orchestrator.verbs.grammar import counted
from orchestrator.verbs.quote import inline

Texts = Mapping[str, str]
"""Path → content, of the files that differ between any two of the four trees. A file that is not there is not in it."""

TOLD, LINE_CHARS = 5, 120
REWRITTEN = 0.5
"""How alike (0..1) a line of the result is to a lost one whose place it took, so that it counts as the same line, edited."""

COMPARED = 200
"""Lines of a file that are compared so; in a larger rewrite they count as lost."""

_OPEN, _MIDDLE, _CLOSE = re.compile(r"<{7}(?: |$)"), re.compile(r"={7}$"), re.compile(r">{7}(?: |$)")
_SPACE = re.compile(r"\s+")
_TELLING = re.compile(r"\w")


def survival(base: Texts, a: Texts, b: Texts, result: Texts) -> Survival:
    """What ``result`` kept of ``a`` and ``b``, which both came from ``base``."""
    losses: list[Loss] = []
    kept: dict[str, Kept] = {}
    for side, own, other in (("a", a, b), ("b", b, a)):
        kept[side], lost = _kept(side, base, own, other, result)
        losses += lost
        losses += _undeleted(side, base, own, other, result)
    known = {place.rpartition(":")[0] for texts in (a, b) for place in markers(texts)}  # a file about markers has them on purpose
    left = tuple(place for place in markers(result) if place.rpartition(":")[0] not in known)
    return Survival(markers=left, a=kept["a"], b=kept["b"], losses=tuple(losses))


def markers(texts: Texts) -> Iterator[str]:
    """``path:line`` of each conflict marker that is left: an opening one with its middle and its end below it. A row of signs alone,
    as under a heading, is none."""
    for path, text in sorted(texts.items()):
        opened, middle = 0, False
        for number, line in enumerate(text.splitlines(), start=1):
            if _OPEN.match(line):
                opened, middle = number, False
            elif opened and _MIDDLE.match(line):
                middle = True
            elif opened and middle and _CLOSE.match(line):
                yield f"{path}:{opened}"
                opened, middle = 0, False


def report_lines(found: Survival, names: tuple[str, str]) -> list[str]:
    """The report for a message: what survived of each side, then what did not. ``names``: how the sides are called."""
    called = dict(zip("ab", names, strict=True))
    lines = [f"{called[side]}: {_share(kept)}" for side, kept in (("a", found.a), ("b", found.b))]
    lines += [f"conflict marker left at {place}" for place in found.markers[:TOLD]]
    for loss in found.losses[:TOLD]:
        lines.append(f"{called[loss.side]}: {_loss(loss)}")
    if len(found.losses) > TOLD:
        lines.append(f"and {counted(len(found.losses) - TOLD, 'more loss', 'more losses')}")
    return lines


def verdict(found: Survival) -> str:
    """The whole of it in a few words."""
    if found.markers:
        return f"{counted(len(found.markers), 'conflict marker')} left"
    if found.losses:
        sides = " and ".join(sorted({"the first" if loss.side == "a" else "the second" for loss in found.losses}))
        return f"something of {sides} side is not there any more"
    return "nothing of either side is lost"


def _kept(side: str, base: Texts, own: Texts, other: Texts, result: Texts) -> tuple[Kept, list[Loss]]:
    elsewhere = Counter(line for text in result.values() for line in _read(text))
    added = survived = moved = 0
    losses = []
    for path in sorted(own):
        if own[path] == base.get(path):
            continue
        mine = _new_lines(base.get(path, _origin(base, own, path)), own[path])
        added += sum(mine.values())
        there = Counter(_read(result.get(path, "")))
        here = mine & there
        gone = mine - here
        found = gone & (elsewhere - there)
        gone -= found
        gone -= _edited(gone, (base.get(path, ""), other.get(path, "")), result.get(path, ""))
        survived += sum(mine.values()) - sum(gone.values())
        moved += sum(found.values())
        if gone:
            whole = path not in base and path not in result and not found
            losses.append(Loss(side=side, path=path, lines=() if whole else tuple(_as_written(own[path], gone))))
    return Kept(added=added, survived=survived, moved=moved), losses


def _undeleted(side: str, base: Texts, own: Texts, other: Texts, result: Texts) -> Iterator[Loss]:
    """What this side took out, and the result has again."""
    for path in sorted(base):
        if path not in own:
            if path in result:
                yield Loss(side=side, path=path, deletion=True)
            continue
        mine, there = Counter(_read(own[path])), Counter(_read(result.get(path, "")))
        back = (there - mine) & (Counter(_read(base[path])) - mine)
        back -= _new_lines(base[path], other.get(path, base[path]))  # the other side wrote it once more
        if back:
            yield Loss(side=side, path=path, lines=tuple(_as_written(base[path], back)), deletion=True)


def _edited(gone: Counter[str], known: tuple[str, str], result: str) -> Counter[str]:
    """Lines that are there in another wording, which neither the base nor the other side has: both edits became a third."""
    new = Counter(_read(result))
    for text in known:
        new -= Counter(_read(text))
    found: Counter[str] = Counter()
    for line in list(gone.elements())[:COMPARED]:
        near = max(list(new)[:COMPARED], key=lambda one: _alike(line, one), default="")
        if near and _alike(line, near) >= REWRITTEN:
            new -= Counter([near])
            found[line] += 1
    return found


def _alike(a: str, b: str) -> float:
    return SequenceMatcher(None, a, b, autojunk=False).ratio() if min(len(a), len(b)) * 3 >= max(len(a), len(b)) else 0.0


def _origin(base: Texts, own: Texts, path: str) -> str:
    """What a new file of this side was in the base: one that is gone and has most of its lines, else nothing."""
    lines = Counter(_read(own[path]))
    for name, text in base.items():
        if name not in own and 2 * sum((lines & Counter(_read(text))).values()) > sum(lines.values()):
            return text
    return ""


def _new_lines(old: str, new: str) -> Counter[str]:
    return Counter(_read(new)) - Counter(_read(old))


def _read(text: str) -> list[str]:
    """The lines that say something, without what makes no difference."""
    return [_SPACE.sub("", line) for line in text.splitlines() if _TELLING.search(line)]


def _as_written(text: str, wanted: Counter[str]) -> Iterator[str]:
    left = wanted.copy()
    for line in text.splitlines():
        plain = _SPACE.sub("", line)
        if left[plain] > 0:
            left[plain] -= 1
            yield line.strip()


def _share(kept: Kept) -> str:
    if not kept.added:
        return "added no lines"
    moved = f", {kept.moved} of them in another file" if kept.moved else ""
    return f"{kept.survived} of {counted(kept.added, 'line')} that it added are there{moved}"


def _loss(loss: Loss) -> str:
    path, lines = inline(loss.path, LINE_CHARS), _some(loss.lines)
    if loss.deletion:
        return (
            f"{path} is there again, which it had deleted"
            if not loss.lines
            else f"{path} has lines again that it had taken out: {lines}"
        )
    return f"{path} is not there any more, which it had added" if not loss.lines else f"{path} lost {lines}"


def _some(lines: Sequence[str]) -> str:
    shown = ", ".join(f"`{inline(line, LINE_CHARS)}`" for line in lines[:3])
    return shown + (f" and {counted(len(lines) - 3, 'more line')}" if len(lines) > 3 else "")
