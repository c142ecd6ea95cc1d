"""Near: what somebody meant who misspelt a name."""

from __future__ import annotations

import difflib
from collections.abc import Collection


def meant(word: object, known: Collection[str], *, listed: str = "known") -> str:
    """A remedy: the nearest of the known names, or all of them."""
    near = difflib.get_close_matches(str(word), known, n=1, cutoff=0.6)
    return f"did you mean {near[0]!r}?" if near else f"{listed}: {', '.join(known) or 'none'}"
