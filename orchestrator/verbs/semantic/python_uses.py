"""What a Python file imports and uses: one walk over its statements in the order of the text, with what is known of its variables."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from orchestrator.nouns.code import CALLED, ENTERED, Chain, Import, UseKind
from orchestrator.verbs.semantic.python_covering import covered_by_ifs, covered_by_match
from orchestrator.verbs.semantic.python_expressions import Expressions
from orchestrator.verbs.semantic.python_meaning import bind, meaning, narrowed, of_annotation
from orchestrator.verbs.semantic.python_results import falls_through
from orchestrator.verbs.semantic.scope import Scope, known, step, unknown

Function = ast.FunctionDef | ast.AsyncFunctionDef
IMPORT_ERRORS = frozenset({"ImportError", "ModuleNotFoundError", "Exception", "BaseException"})
RAISING = frozenset({"raises", "assertRaises", "assertRaisesRegex"})


@dataclass
class Walk(Expressions):
    """Statements. What they use is in ``uses`` and ``imports`` when it is over."""

    fixtures: frozenset[str] = frozenset()
    imports: list[Import] = field(default_factory=list)

    def statements(self, body: Sequence[ast.stmt]) -> None:
        for node in body:
            self.statement(node)

    def statement(self, node: ast.stmt) -> None:  # noqa: PLR0912 - one case for each kind of statement
        match node:
            case ast.FunctionDef() | ast.AsyncFunctionDef():
                self._function(node)
            case ast.ClassDef():
                self._class(node)
            case ast.Import() | ast.ImportFrom():
                self._import(node)
            case ast.Expr(value=ast.Constant(value=str())):
                return
            case ast.Expr(value=value):
                self.expression(value, ())
            case ast.Assign(targets=targets, value=value):
                self._assign(targets, value)
            case ast.AnnAssign(target=target, annotation=annotation, value=value):
                self._annotated(target, annotation, value)
            case ast.AugAssign(target=target, value=value):
                self.expression(value, ("number",))
                self.expression(target, ("number",))
            case ast.Return(value=value):
                self.expression(value, ("return",))
            case ast.For() | ast.AsyncFor():
                self.expression(node.iter, ("iterate",))
                self.unpacked(node.target, node.iter)
                if self.local:
                    bind(node.target, meaning(node.iter, self.scope), self.scope, each=True)
                self.statements([*node.body, *node.orelse])
            case ast.While(test=test):
                self.expression(test, ("truth",))
                self.statements([*node.body, *node.orelse])
            case ast.If():
                self._if(node)
            case ast.With() | ast.AsyncWith():
                self._with(node)
            case ast.Try():
                self._try(node)
            case ast.Match():
                self._match(node)
            case _:
                for child in ast.iter_child_nodes(node):
                    if isinstance(child, ast.expr):
                        self.expression(child, ("other",))

    # definitions

    def _function(self, node: Function) -> None:
        self._decorated(node.decorator_list)
        arguments = [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs, node.args.vararg, node.args.kwarg]
        for one in arguments:
            self.annotation(one.annotation if one else None)
        self.annotation(node.returns)
        for default in (*node.args.defaults, *node.args.kw_defaults):
            self.expression(default, ("assigned",))
        if self.local:
            self.scope.names[node.name] = unknown(node.name)
        inner = Scope(outer=self.scope, of_class=self.scope.of_class)
        for i, parameter in enumerate(a for a in arguments if a):
            inner.names[parameter.arg] = self._parameter(node, parameter, first=i == 0)
        with self.inside(node.name, inner, local=True):
            self.statements(node.body)

    def _parameter(self, node: Function, parameter: ast.arg, *, first: bool) -> Chain:
        method = bool(self.scope.of_class) and not self.local
        if method and first and not any(isinstance(d, ast.Name) and d.id == "staticmethod" for d in node.decorator_list):
            cls = tuple(self.scope.of_class.split("."))
            of_class = any(isinstance(d, ast.Name) and d.id == "classmethod" for d in node.decorator_list)
            return cls if of_class else (*cls, CALLED)
        if parameter in {node.args.vararg, node.args.kwarg}:
            return unknown(parameter.arg)
        told = of_annotation(parameter.annotation, self.scope)
        if not known(told) and parameter.arg in self.fixtures and parameter.arg != node.name:
            return (parameter.arg, CALLED)
        return told if known(told) else unknown(parameter.arg)

    def _class(self, node: ast.ClassDef) -> None:
        self._decorated(node.decorator_list)
        for base in node.bases:
            chain = meaning(base.value if isinstance(base, ast.Subscript) else base, self.scope)
            self.use(chain, UseKind.subclass, base)
            if isinstance(base, ast.Subscript):
                self.annotation(base.slice)
        for keyword in node.keywords:
            self.expression(keyword.value, ("argument",))
        if self.local:
            self.scope.names[node.name] = unknown(node.name)
        name = f"{self.scope.of_class}.{node.name}" if self.scope.of_class and not self.local else node.name
        with self.inside(node.name, Scope(outer=self.scope, of_class=name if not self.local else ""), local=False):
            self.statements(node.body)

    def _decorated(self, decorators: Sequence[ast.expr]) -> None:
        for one in decorators:
            called = one if isinstance(one, ast.Call) else None
            chain = meaning(called.func if called else one, self.scope)
            self.use(chain, UseKind.decorate, one, call=self.shape(called) if called else None)
            for argument in (*called.args, *(k.value for k in called.keywords)) if called else ():
                self.expression(argument, ("argument",))

    # bindings

    def _import(self, node: ast.Import | ast.ImportFrom) -> None:
        base = "." * node.level + (node.module or "") if isinstance(node, ast.ImportFrom) else ""
        for alias in node.names:
            if isinstance(node, ast.Import):
                name = alias.asname or alias.name.partition(".")[0]
                module, symbol = alias.name, "" if alias.asname else "."
            else:
                name, module, symbol = alias.asname or alias.name, base, alias.name
            guarded = bool(IMPORT_ERRORS & self.guards)
            self.imports.append(Import(name, module, symbol, node.lineno, guarded, self.typing, ".".join(self.place)))
            if self.local:
                self.scope.names[name] = (name,)

    def _assign(self, targets: Sequence[ast.expr], value: ast.expr) -> None:
        first = targets[0]
        result = f"unpack:{len(first.elts)}" if isinstance(first, ast.Tuple | ast.List) and not _starred(first) else "assigned"
        self.expression(value, (result,))
        for target in targets:
            self._target(target)
            if self.local:
                bind(target, meaning(value, self.scope), self.scope)

    def _target(self, target: ast.expr) -> None:
        match target:
            case ast.Attribute(value=value):
                chain = meaning(target, self.scope)
                if chain[-2:-1] != (CALLED,) or chain[:-2] != tuple(self.scope.of_class.split(".")):
                    self.use(chain, UseKind.assign, target)
                self.expression(value, (f"attribute:{target.attr}",))
            case ast.Subscript(value=value, slice=index):
                self.expression(value, ("index",))
                self.expression(index, ("argument",))
            case ast.Tuple(elts=elements) | ast.List(elts=elements):
                for element in elements:
                    self._target(element)
            case _:
                return

    def _annotated(self, target: ast.expr, annotation: ast.expr, value: ast.expr | None) -> None:
        self.annotation(annotation)
        self.expression(value, ("assigned",))
        if self.local and isinstance(target, ast.Name):
            told = of_annotation(annotation, self.scope)
            bind(target, told if known(told) or value is None else meaning(value, self.scope), self.scope)

    # conditions

    def _if(self, node: ast.If) -> None:
        self.expression(node.test, ("truth",))
        for chain, names, default in covered_by_ifs(node, self.scope):
            self.use(chain, UseKind.cover, node, covered=names, result=default)
        typing = isinstance(node.test, ast.Name | ast.Attribute) and ast.unparse(node.test).endswith("TYPE_CHECKING")
        asked = frozenset(_asked(node.test))
        scope = self.scope
        with self.under(asked=self.asked | asked, typing=self.typing or typing):
            self.scope = narrowed(node.test, scope) if self.local else scope
            self.statements(node.body)
            self.scope = scope
        with self.under(asked=self.asked | asked):
            self.statements(node.orelse)
        if self.local and not falls_through(node.body):
            scope.names.update(_otherwise(node.test, scope))

    def _with(self, node: ast.With | ast.AsyncWith) -> None:
        caught, guards = self.caught, self.guards
        for item in node.items:
            self.expression(item.context_expr, ("with",))
            if self.local and item.optional_vars is not None:
                bind(item.optional_vars, step(meaning(item.context_expr, self.scope), ENTERED), self.scope)
            match item.context_expr:
                case ast.Call(func=ast.Attribute(attr=name) | ast.Name(id=name), args=[first, *_]) if name in RAISING:
                    caught = (*caught, *self._exceptions(first))
                case ast.Call(func=ast.Attribute(attr="suppress") | ast.Name(id="suppress"), args=arguments):
                    caught = (*caught, *(e for a in arguments for e in self._exceptions(a)))
                    guards = guards | {e[-1] for a in arguments for e in self._exceptions(a)}
        with self.under(caught=caught, guards=guards):
            self.statements(node.body)

    def _try(self, node: ast.Try) -> None:
        handled = [e for h in node.handlers for e in self._exceptions(h.type)]
        guards = self.guards | {e[-1] for e in handled}
        with self.under(caught=(*self.caught, *handled), guards=guards):
            self.statements(node.body)
        for handler in node.handlers:
            for exception in self._exceptions(handler.type):
                self.use(exception, UseKind.catch, handler)
            if self.local and handler.name:
                types = self._exceptions(handler.type)
                self.scope.names[handler.name] = (*types[0], CALLED) if len(types) == 1 and known(types[0]) else unknown(handler.name)
            with self.under(guards=self.guards | (IMPORT_ERRORS if IMPORT_ERRORS & {e[-1] for e in handled} else frozenset())):
                self.statements(handler.body)
        self.statements([*node.orelse, *node.finalbody])

    def _exceptions(self, node: ast.expr | None) -> list[Chain]:
        match node:
            case None:
                return [("BaseException",)]
            case ast.Tuple(elts=elements):
                return [meaning(e, self.scope) for e in elements]
            case _:
                return [meaning(node, self.scope)]

    def _match(self, node: ast.Match) -> None:
        self.expression(node.subject, ("other",))
        for chain, names, default in covered_by_match(node, self.scope):
            self.use(chain, UseKind.cover, node, covered=names, result=default)
        for case in node.cases:
            for pattern in ast.walk(case.pattern):
                match pattern:
                    case ast.MatchValue(value=value):
                        self.expression(value, ("other",))
                    case ast.MatchClass(cls=cls):
                        self.expression(cls, ("other",))
                        self._class_pattern(pattern)
                    case ast.MatchAs(name=str(name)) | ast.MatchStar(name=str(name)):
                        self.scope.names[name] = unknown(name)
            if isinstance(case.pattern, ast.MatchAs) and isinstance(case.pattern.pattern, ast.MatchClass) and case.pattern.name:
                self.scope.names[case.pattern.name] = (*meaning(case.pattern.pattern.cls, self.scope), CALLED)
            self.expression(case.guard, ("truth",))
            self.statements(case.body)

    def _class_pattern(self, pattern: ast.MatchClass) -> None:
        """``case Paid(amount=x)`` reads the attribute."""
        cls = meaning(pattern.cls, self.scope)
        for name in pattern.kwd_attrs:
            self.use((*cls, CALLED, name), UseKind.read, pattern)

    # where it is

    @contextmanager
    def inside(self, name: str, scope: Scope, *, local: bool) -> Iterator[None]:
        """In the definition of that name; a guard around it does not hold when it is called."""
        kept = (self.scope, self.place, self.local, self.caught, self.guards, self.asked)
        self.scope, self.place, self.local = scope, (*self.place, name), local
        self.caught, self.guards, self.asked = (), frozenset(), frozenset()
        yield
        self.scope, self.place, self.local, self.caught, self.guards, self.asked = kept

    @contextmanager
    def under(
        self,
        *,
        caught: tuple[Chain, ...] | None = None,
        guards: frozenset[str] | None = None,
        asked: frozenset[str] | None = None,
        typing: bool | None = None,
    ) -> Iterator[None]:
        kept = (self.caught, self.guards, self.asked, self.typing)
        self.caught = self.caught if caught is None else caught
        self.guards = self.guards if guards is None else guards
        self.asked = self.asked if asked is None else asked
        self.typing = self.typing if typing is None else typing
        yield
        self.caught, self.guards, self.asked, self.typing = kept


def _otherwise(test: ast.expr, scope: Scope) -> dict[str, Chain]:
    """What is known where a condition does not hold: behind ``if not isinstance(x, Cart): return``."""
    match test:
        case ast.UnaryOp(op=ast.Not(), operand=inner):
            other = narrowed(inner, scope)
            return other.names if other is not scope else {}
        case _:
            return {}


def _asked(test: ast.expr) -> Iterator[str]:
    """Attributes whose presence a condition asks for."""
    for node in ast.walk(test):
        match node:
            case ast.Call(func=ast.Name(id="hasattr"), args=[_, ast.Constant(value=str(name))]):
                yield name


def _starred(node: ast.Tuple | ast.List) -> bool:
    return any(isinstance(e, ast.Starred) for e in node.elts)
