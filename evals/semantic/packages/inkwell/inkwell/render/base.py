"""What all renderers have in common."""

from __future__ import annotations

from abc import ABC, abstractmethod

from ..nodes import Node, Visitor

_RENDERERS: dict[str, type[Renderer]] = {}


class Renderer(Visitor, ABC):
    """``render`` gives the whole; ``wrap`` may put something around it."""

    suffix = ".txt"

    def __init_subclass__(cls, **given: object) -> None:
        super().__init_subclass__(**given)
        if cls.suffix in _RENDERERS:
            raise TypeError(f"two renderers for {cls.suffix}")
        _RENDERERS[cls.suffix] = cls

    @abstractmethod
    def escape(self, text: str) -> str: ...

    def wrap(self, body: str, title: str) -> str:
        return body

    def render(self, node: Node, title: str = "") -> str:
        return self.wrap(self.visit(node), title)

    def visit_text(self, node: Node) -> str:
        return self.escape(node.value)


def renderer_for(suffix: str) -> Renderer:
    return _RENDERERS[suffix]()


def available() -> list[str]:
    return sorted(_RENDERERS)
