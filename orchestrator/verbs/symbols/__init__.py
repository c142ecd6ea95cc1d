"""Exports found in code: the public symbols of a file, and how a job's diff changed them.

``public_symbols`` reads one file, ``changed_symbols`` compares two states of some files, ``exports_of`` says what that means
for the session whose job it was. Grammars are imported when the first file of their language is read.
"""

from orchestrator.verbs.symbols.changes import changed_symbols, exports_of
from orchestrator.verbs.symbols.paths import exports_anything
from orchestrator.verbs.symbols.registry import public_symbols

__all__ = ["changed_symbols", "exports_anything", "exports_of", "public_symbols"]
