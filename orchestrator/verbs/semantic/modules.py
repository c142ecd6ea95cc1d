"""Where a module lies: from how an import is written to a path of the tree, by the rules of each language."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from pathlib import PurePosixPath
from typing import NamedTuple

from orchestrator.verbs.semantic.view import View


class Found(NamedTuple):
    """``path`` is a file, or a folder that is a module without a file of its own. ``lost``: it should be in this tree, and is not."""

    path: str = ""
    lost: bool = False


OUTSIDE = Found()
"""Somebody else's."""

Finder = Callable[[View, str, str], Found]


def find(view: View, importer: str, module: str, language: str) -> Found:
    """The module that a file of that language means."""
    if language == "python":
        return _python(view, importer, module)
    finders: dict[str, str] = {"javascript": "ecmascript", "typescript": "ecmascript", "tsx": "ecmascript"}
    try:
        finder: Finder = import_module(f"orchestrator.verbs.semantic.{finders.get(language, language)}_modules").find
    except ModuleNotFoundError:
        return OUTSIDE
    return finder(view, importer, module)


def submodule(view: View, module: str, name: str) -> str:
    """The path of a Python package's inner module; empty: there is none."""
    folder = module.removesuffix("/__init__.py").removesuffix("/__init__.pyi") if module != "__init__.py" else ""
    return "" if folder.endswith((".py", ".pyi")) else _in_folder(view, folder, name)


def _in_folder(view: View, folder: str, name: str) -> str:
    at = f"{folder}/{name}" if folder else name
    for path in (f"{at}/__init__.py", f"{at}.py", f"{at}.pyi"):
        if view.has(path):
            return path
    return at if view.has_folder(at) else ""


def _python(view: View, importer: str, module: str) -> Found:
    names = [n for n in module.lstrip(".").split(".") if n]
    level = len(module) - len(module.lstrip("."))
    if level:
        folders = [str(PurePosixPath(importer).parent).removeprefix(".")]
        for _ in range(level - 1):
            folders = [str(PurePosixPath(folders[0]).parent).removeprefix(".")]
        own = f"{folders[0]}/__init__.py".removeprefix("/")
        if not names:
            return Found(own if view.has(own) else folders[0])
        found = _descend(view, folders, names, importer)
        return found if found.path else Found(folders[0], lost=True)
    return _descend(view, list(view.places(names[0])), names, importer) if names else OUTSIDE


def _descend(view: View, roots: list[str], names: list[str], importer: str) -> Found:
    """The best root is the one that leads furthest, and then the one that is nearest to the importer."""
    best, reached = OUTSIDE, 0
    for root in sorted(roots, key=lambda r: (-_shared(r, importer), len(r), r)):
        path, depth = root, 0
        for name in names:
            inner = submodule(view, path, name) if depth else _in_folder(view, path, name)
            if not inner:
                break
            path, depth = inner, depth + 1
        if depth > reached and (depth == len(names) or path.endswith(".py") or _is_package(view, path)):
            best, reached = Found(path, lost=depth < len(names)), depth
    return best


def _is_package(view: View, folder: str) -> bool:
    """A folder with Python in it, and not just one that happens to have the name of a distribution."""
    return folder in view.listing.packages


def _shared(root: str, importer: str) -> int:
    """A root above the importer comes first, the nearest last: what is run from the top is found from the top."""
    return 1 if not root or importer.startswith(root + "/") else 0
