"""The facts of a Python file, from its syntax tree."""

from __future__ import annotations

import ast
import warnings

from orchestrator.nouns.code import FileFacts, Use, UseKind
from orchestrator.verbs.semantic.python_definitions import definitions
from orchestrator.verbs.semantic.python_keys import keys
from orchestrator.verbs.semantic.python_uses import Walk
from orchestrator.verbs.semantic.scope import Scope


def facts_of(path: str, language: str, text: str) -> FileFacts:
    """Not ``whole``, and nothing else, when it does not parse."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # the file's own invalid escapes are not ours to report
            tree = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return FileFacts(path, language, whole=False, dynamic=True)
    nodes = list(ast.walk(tree))
    defined = tuple(definitions(tree.body, text.split("\n"), Scope()))
    fixtures = frozenset(d.name for d in defined if any(chain[-1] == "fixture" for chain in d.decorators))
    walk = Walk(Scope(), fixtures=fixtures)
    walk.statements(tree.body)
    offered = _offered(tree)
    return FileFacts(
        path,
        language,
        definitions=defined,
        imports=tuple(walk.imports),
        uses=(*walk.uses, *(Use((name,), UseKind.read, line) for name, line in offered or ())),
        keys=tuple(keys(path, tree, nodes)),
        offered=tuple(name for name, _ in offered) if offered is not None else None,
        dynamic=any(d.name == "__getattr__" for d in defined) or _writes_globals(nodes),
    )


def _offered(tree: ast.Module) -> list[tuple[str, int]] | None:
    """The names in ``__all__`` as far as they are written there."""
    found = None
    for node in tree.body:
        match node:
            case ast.Assign(targets=[ast.Name(id="__all__")], value=value) | ast.AugAssign(target=ast.Name(id="__all__"), value=value):
                words = [e for e in ast.walk(value) if isinstance(e, ast.Constant) and isinstance(e.value, str)]
                found = [*(found or []), *((str(w.value), w.lineno) for w in words)]
    return found


def _writes_globals(nodes: list[ast.AST]) -> bool:
    """``globals()[name] = …`` and the like."""
    return any(isinstance(n, ast.Call) and isinstance(n.func, ast.Name) and n.func.id == "globals" for n in nodes)
