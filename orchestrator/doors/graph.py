"""``televibe graph``: the state machine as text or Mermaid."""

from __future__ import annotations

from graphs.machine import compiled


def mermaid() -> str:
    """The machine as a Mermaid flowchart."""
    return compiled().get_graph().draw_mermaid()


def as_text() -> str:
    """The machine as lines ``node → successors``, in the order an event passes them."""
    successors = as_document()
    width = max(len(name) for name in successors)
    return "\n".join(f"{name:<{width}} → {', '.join(to)}" for name, to in successors.items() if to)


def as_document() -> dict[str, list[str]]:
    """Every node with the nodes that may come next; ``start`` and ``end`` are the machine's door."""
    drawn = compiled().get_graph()
    successors: dict[str, list[str]] = {_plain(name): [] for name in drawn.nodes}
    for edge in drawn.edges:
        successors[_plain(edge.source)].append(_plain(edge.target))
    return successors


def _plain(name: str) -> str:
    return name.strip("_")
