"""Where a path of Rust leads: to the file of a module, from the crate's root, the module above, or the module itself."""

from __future__ import annotations

from pathlib import PurePosixPath

from orchestrator.verbs.semantic.modules import OUTSIDE, Found
from orchestrator.verbs.semantic.view import View

ROOTS = ("lib.rs", "main.rs")


def find(view: View, importer: str, module: str) -> Found:
    """``module`` is written with ``::``; one that does not begin in the crate is somebody else's, unless it leads to a file of ours."""
    first, *rest = module.split("::")
    where = PurePosixPath(importer)
    own = where.parent if where.name in {*ROOTS, "mod.rs"} else where.with_suffix("")
    match first:
        case "crate":
            folder = _root(where)
        case "self":
            folder = str(own)
        case "super":
            folder = str(own.parent)
            while rest[:1] == ["super"]:
                folder, rest = str(PurePosixPath(folder).parent), rest[1:]
        case _:
            beside = _file(view, str(own), [first, *rest])
            inside = beside or (_file(view, _root(where), rest) if rest else "")
            return Found(inside) if inside and inside != importer else OUTSIDE
    path = _file(view, folder, rest)
    return Found(path) if path else Found("/".join([folder, *rest]) + ".rs", lost=True)


def _root(where: PurePosixPath) -> str:
    """The nearest folder ``src`` above a file; of a test the one beside its folder."""
    parts = where.parts
    at = max((i for i, part in enumerate(parts) if part in {"src", "tests", "benches", "examples"}), default=-1)
    return "/".join((*parts[:at], "src")) if at >= 0 else str(where.parent)


def _file(view: View, folder: str, names: list[str]) -> str:
    at = "/".join([folder.removeprefix("."), *names]).lstrip("/")
    places = (f"{at}.rs", f"{at}/mod.rs", *(f"{at}/{root}".lstrip("/") for root in ROOTS if not names))
    return next((path for path in places if view.has(path)), "")
