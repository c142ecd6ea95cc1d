"""Where an import of Go leads: to the folder that ends like the import path, from its last parts on."""

from __future__ import annotations

from orchestrator.verbs.semantic.modules import OUTSIDE, Found
from orchestrator.verbs.semantic.packages import go_files
from orchestrator.verbs.semantic.view import View


def find(view: View, importer: str, module: str) -> Found:  # noqa: ARG001 - where it is imported does not matter in Go
    """The longest end of the path that is a folder with Go in it. A path without a dot in its host is the standard library's."""
    parts = module.split("/")
    for start in range(len(parts)):
        folder = "/".join(parts[start:])
        if start == 0 and "." not in parts[0] and len(parts) == 1:
            return OUTSIDE
        if go_files(view, folder):
            return Found(folder)
    lost = next((folder for n in range(1, len(parts)) if (folder := "/".join(parts[n:])) in view.listing.folders), "")
    return Found(lost, lost=True) if lost and "." in parts[0] else OUTSIDE
