"""Order: predecessors first, and a circle by its names."""

from __future__ import annotations

from collections.abc import Mapping, Sequence


def in_order(needs: Mapping[str, Sequence[str]]) -> list[str]:
    """The names, each after what it needs, otherwise as they come. Needs that are no names do not count. No circles."""
    return [name for layer in layers(needs) for name in layer] if needs else []


def layers(needs: Mapping[str, Sequence[str]]) -> list[list[str]]:
    """Names that can go together, after the layers of what they need. A circle would be a layer of its own at the end."""
    depth: dict[str, int] = {}
    left = {name: [n for n in before if n in needs] for name, before in needs.items()}
    successors: dict[str, list[str]] = {name: [] for name in needs}
    for name, before in left.items():
        for one in before:
            successors[one].append(name)
    open_ = {name: len(before) for name, before in left.items()}
    turn = [name for name, count in open_.items() if count == 0]
    for name in turn:  # grows while it is walked
        depth[name] = 1 + max((depth[one] for one in left[name]), default=-1)
        for after in successors[name]:
            open_[after] -= 1
            if open_[after] == 0:
                turn.append(after)
    deepest = max(depth.values(), default=-1)
    found: list[list[str]] = [[] for _ in range(deepest + 1)]
    for name in needs:
        if name in depth:
            found[depth[name]].append(name)
    rest = [name for name in needs if name not in depth]
    return [*found, rest] if rest else found


def ancestors(needs: Mapping[str, Sequence[str]], name: str) -> set[str]:
    """Everything that has to be done before ``name``."""
    found: set[str] = set()
    open_ = list(needs.get(name, ()))
    while open_:
        one = open_.pop()
        if one not in found:
            found.add(one)
            open_.extend(needs.get(one, ()))
    return found


def circle(needs: Mapping[str, Sequence[str]]) -> list[str]:
    """The first circle, in the order in which its stages would run, from and to the stage that the file names first: ``[a, b, a]``.
    Empty when there is none."""
    done: set[str] = set()
    for start in needs:
        path: list[str] = []
        walk = [(start, iter(needs[start]))] if start not in done else []
        on_path = {start}
        while walk:
            name, before = walk[-1]
            path = [one for one, _ in walk]
            nearest = next((one for one in before if one in needs and one not in done), None)
            if nearest is None:
                done.add(name)
                on_path.discard(name)
                walk.pop()
            elif nearest in on_path:
                return _turned(path[path.index(nearest) :], needs)
            else:
                on_path.add(nearest)
                walk.append((nearest, iter(needs[nearest])))
    return []


def _turned(backwards: Sequence[str], needs: Mapping[str, Sequence[str]]) -> list[str]:
    """A circle walked from a stage to what it needs, turned round, and begun with the stage that comes first in the file."""
    forwards = list(reversed(backwards))
    first = min(range(len(forwards)), key=lambda at: list(needs).index(forwards[at]))
    return [*forwards[first:], *forwards[:first], forwards[first]]
