"""What cases are put together from: changes of a package, and uses of what it offers, each green by itself.

``packages/<name>/`` is a program with tests; ``packages/<name>.toml`` has

``[[change]]``  ``name``, ``kind``, ``about`` (the symbol), ``hits`` (what it breaks; empty: nothing), ``to`` (names to choose from,
                put in the place of ``NEW``), ``patch``
``[[use]]``     ``name``, ``needs`` (what it relies on), ``near`` (what it only seems to use), ``patch`` and ``file`` + ``code`` (new
                code), ``test`` (a test's statements, imports first), ``apart`` (changes that touch the same lines)
``[[pair]]``    two changes that are about each other: ``name``, ``kind``, ``conflict``, ``a``, ``b`` (patches)
``[[noise]]``   ``patch`` that has to do with none of them

A tag such as ``Cart.add`` means the name; ``Cart.add(1)``, ``Cart.add(quantity=)`` and the like mean a way to use it. A change and a
use are about each other when the use needs or is near what the change is about; they conflict when the use needs what the change hits.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

PACKAGES = Path(__file__).with_name("packages")
TEST = "python -m unittest -q"


@dataclass(frozen=True)
class Change:
    """One side: something is made different, and all of the package with it."""

    name: str
    kind: str
    about: str
    patch: str
    hits: tuple[str, ...] = ()
    to: tuple[str, ...] = ()


@dataclass(frozen=True)
class Use:
    """The other side: new code that uses what is there, with a test of its own."""

    name: str
    test: str
    needs: tuple[str, ...] = ()
    near: tuple[str, ...] = ()
    file: str = ""
    code: str = ""
    patch: str = ""
    apart: tuple[str, ...] = ()

    @property
    def subjects(self) -> frozenset[str]:
        return frozenset(tag.partition("(")[0] for tag in (*self.needs, *self.near))

    def broken_by(self, change: Change) -> bool:
        return bool(set(self.needs) & set(change.hits))


@dataclass(frozen=True)
class Pair:
    """Two sides that were written for each other."""

    name: str
    kind: str
    conflict: bool
    a: str
    b: str


@dataclass(frozen=True)
class Package:
    """A program, and what can be done to it."""

    name: str
    tree: dict[str, str]
    changes: tuple[Change, ...]
    uses: tuple[Use, ...]
    pairs: tuple[Pair, ...]
    noise: tuple[str, ...]


def packages() -> list[Package]:
    """All of them, by name."""
    return [_package(path) for path in sorted(PACKAGES.glob("*.toml"))]


def _package(path: Path) -> Package:
    said = tomllib.loads(path.read_text(encoding="utf-8"))
    root = path.with_suffix("")
    files = sorted(file for file in root.rglob("*") if file.is_file() and "__pycache__" not in file.parts)
    return Package(
        name=path.stem,
        tree={file.relative_to(root).as_posix(): file.read_text(encoding="utf-8") for file in files},
        changes=tuple(Change(**_tuples(one)) for one in said["change"]),
        uses=tuple(Use(**_tuples(one)) for one in said["use"]),
        pairs=tuple(Pair(**_tuples(one)) for one in said["pair"]),
        noise=tuple(one["patch"] for one in said["noise"]),
    )


def _tuples(fields: dict[str, Any]) -> dict[str, Any]:
    return {key: tuple(value) if isinstance(value, list) else value for key, value in fields.items()}
