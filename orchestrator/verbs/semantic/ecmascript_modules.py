"""Where an import of JavaScript or TypeScript leads: relative to its file, with the endings that may be left out, or an index."""

from __future__ import annotations

from pathlib import PurePosixPath

from orchestrator.verbs.semantic.modules import OUTSIDE, Found
from orchestrator.verbs.semantic.view import View

ENDINGS = (".ts", ".tsx", ".d.ts", ".mts", ".cts", ".js", ".jsx", ".mjs", ".cjs")
FOREIGN = (".json", ".css", ".scss", ".svg", ".png", ".html", ".vue", ".svelte", ".node", ".wasm")
COMPILED = {".js": (".ts", ".tsx"), ".mjs": (".mts",), ".cjs": (".cts",), ".jsx": (".tsx",)}
"""A TypeScript import names what will be there when it was compiled."""

ALIASES = (("@/", "src/"), ("~/", "src/"), ("@/", ""), ("~/", ""))
"""What most projects map to their sources; it counts only if it leads to a file."""


def find(view: View, importer: str, module: str) -> Found:
    if not module.startswith("."):
        return _aliased(view, module)
    at = _joined(str(PurePosixPath(importer).parent), module)
    if at is None or at.endswith(FOREIGN):
        return OUTSIDE
    return _file(view, at) or Found(at, lost=True)


def _aliased(view: View, module: str) -> Found:
    places = [root + module.removeprefix(mark) for mark, root in ALIASES if module.startswith(mark)]
    places += [module, f"src/{module}"] if "/" in module and not module.startswith("@") else []
    return next((found for place in places if (found := _file(view, place))), OUTSIDE)


def _file(view: View, at: str) -> Found | None:
    where = PurePosixPath(at)
    exact = [at] if where.suffix else []
    compiled = [str(where.with_suffix(ending)) for ending in COMPILED.get(where.suffix, ())]
    left_out = [f"{at}{ending}" for ending in ENDINGS]
    index = [f"{at}/index{ending}".removeprefix("/") for ending in ENDINGS]
    return next((Found(path) for path in (*exact, *compiled, *left_out, *index) if view.has(path)), None)


def _joined(folder: str, module: str) -> str | None:
    """None: it leads out of the tree."""
    parts = [] if folder == "." else folder.split("/")
    for part in module.split("/"):
        if part == "..":
            if not parts:
                return None
            parts.pop()
        elif part not in {".", ""}:
            parts.append(part)
    return "/".join(parts)
