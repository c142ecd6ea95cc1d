"""``televibe graph``: the state machine as text or Mermaid."""

from __future__ import annotations

from graphs.machine import compiled


def mermaid() -> str:
    """The machine as a Mermaid flowchart."""
    return compiled().get_graph().draw_mermaid()


def as_text() -> str:
    """The machine as lines ``node → successors``, in the order an event passes them."""
    drawn = compiled().get_graph()
    successors: dict[str, list[str]] = {name: [] for name in drawn.nodes}
    for edge in drawn.edges:
        successors[edge.source].append(edge.target)
    width = max(len(name) for name in successors)
    rows = [f"{_plain(name):<{width}} → {', '.join(_plain(t) for t in to)}" for name, to in successors.items() if to]
    return "\n".join(rows)


def _plain(name: str) -> str:
    return name.strip("_")
