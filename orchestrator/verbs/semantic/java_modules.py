"""Where an import of Java leads: to the file that is named like the class, in a folder that ends like the package."""

from __future__ import annotations

from orchestrator.verbs.semantic.modules import OUTSIDE, Found
from orchestrator.verbs.semantic.packages import java_files
from orchestrator.verbs.semantic.view import View


def find(view: View, importer: str, module: str) -> Found:  # noqa: ARG001 - where it is imported does not matter in Java
    package, _, name = module.rpartition(".")
    files = java_files(view, package, name)
    if files:
        return Found(files[0])
    inner = package.replace(".", "/")
    above, _, last = inner.rpartition("/")
    roots = [f for f in view.places(last) if not above or f == above or f.endswith(f"/{above}")] if last else []
    folders = [f"{root}/{last}".removeprefix("/") for root in roots]
    return next((Found(f"{f}/{name}.java", lost=True) for f in folders if view.has_folder(f)), OUTSIDE)
