"""Survival: what of two sides is there after they were brought together."""

from __future__ import annotations

from .base import Noun


class Loss(Noun):
    """Something of one side that is not in the result."""

    side: str  # "a" or "b"
    path: str
    lines: tuple[str, ...] = ()  # that it had added, as they stood there; none: the file as a whole
    deletion: bool = False  # what it had taken out is there again


class Kept(Noun):
    """How much of one side is in the result, in lines that it added."""

    added: int
    survived: int  # where they were, or moved to another place or file
    moved: int  # those of them that stand in another file


class Survival(Noun):
    """What a resolution kept. A loss may be meant: it is told, and no veto. A marker never is."""

    markers: tuple[str, ...] = ()  # ``path:line``
    a: Kept
    b: Kept
    losses: tuple[Loss, ...] = ()

    @property
    def whole(self) -> bool:
        """Nothing of either side is gone, and no marker is left."""
        return not self.markers and not self.losses
