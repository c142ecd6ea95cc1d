"""What Python expressions use, and what is done with each value."""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass, field

from orchestrator.nouns.code import ABSOLUTE, CALLED, ELEMENT, UNKNOWN, Call, Chain, Use, UseKind
from orchestrator.verbs.semantic.python_covering import covered_by_dict
from orchestrator.verbs.semantic.python_meaning import bind, comprehended, element_given, meaning, narrowed
from orchestrator.verbs.semantic.python_results import kind_of
from orchestrator.verbs.semantic.scope import Scope, known, step, unknown

DOTTED = re.compile(r"^[A-Za-z_]\w*(\.[A-Za-z_]\w*)+(:[A-Za-z_]\w*)?$|^[A-Za-z_]\w*:[A-Za-z_]\w*$")
LOOKUP_ERRORS = frozenset({"AttributeError", "NameError", "TypeError"})
ITERATING = frozenset(
    {"sum", "sorted", "list", "set", "tuple", "max", "min", "any", "all", "enumerate", "zip", "map", "filter", "iter"}
)
BUILTIN_RESULT = {"len": "length", "str": "string", "int": "number", "float": "number", "round": "number", "abs": "number"}
RUNNERS = frozenset({"run", "gather", "create_task", "ensure_future", "wait_for", "run_until_complete", "shield", "wait"})
NAMED_BY_STRING = frozenset({"getattr", "hasattr", "setattr", "object", "delattr", "multiple"})
CALLING_FIRST = frozenset({"map", "filter", "submit", "to_thread", "call_soon", "run_sync"})
LITERALS = frozenset({"str", "int", "float", "bool", "list", "dict", "tuple", "set", "bytes", "None", "True", "False"})

Result = tuple[str, ...]


@dataclass
class Expressions:
    """Expressions at one place. ``local``: in a function, so that names are bound by assignments."""

    scope: Scope
    place: tuple[str, ...] = ()
    local: bool = False
    caught: tuple[Chain, ...] = ()
    guards: frozenset[str] = frozenset()
    asked: frozenset[str] = frozenset()
    typing: bool = False
    uses: list[Use] = field(default_factory=list)

    def use(
        self,
        chain: Chain,
        kind: UseKind,
        node: ast.AST,
        *,
        call: Call | None = None,
        result: Result = (),
        covered: tuple[str, ...] = (),
        guarded: bool = False,
    ) -> None:
        """Remember a use; not of what tells nothing: an unknown thing itself, a literal."""
        if chain[0] == UNKNOWN or (not known(chain) and len(chain) == 1) or chain[0] in LITERALS:
            return
        guarded = guarded or bool(LOOKUP_ERRORS & self.guards) or chain[-1] in self.asked or self.typing
        line = getattr(node, "lineno", 0)
        self.uses.append(Use(chain, kind, line, ".".join(self.place), call, result, guarded, self.caught, covered))

    def annotation(self, node: ast.expr | None) -> None:
        """The names in it; a string is one more spelling."""
        if node is None:
            return
        for one in ast.walk(node):
            match one:
                case ast.Name() | ast.Attribute():
                    self.use(meaning(one, self.scope), UseKind.annotate, one)
                case ast.Constant(value=str(text)) if text.isidentifier():
                    self.use(self.scope.lookup(text), UseKind.annotate, one)

    def expression(self, node: ast.expr | None, result: Result) -> None:  # noqa: PLR0912 - one case for each kind
        match node:
            case None:
                return
            case ast.Name():
                chain = self.scope.lookup(node.id)
                if not (len(chain) == 1 and result[:1] and result[0].startswith("attribute:")):
                    self.use(chain, UseKind.read, node, result=result)
            case ast.Attribute(value=value, attr=name):
                self.use(meaning(node, self.scope), UseKind.read, node, result=result)
                self.expression(value, (f"attribute:{name}",))
            case ast.Call():
                self._call(node, result)
            case ast.Await(value=value):
                self.expression(value, ("await", *result))
            case ast.Constant(value=str(text)):
                self._text(node, text)
            case ast.Subscript(value=value, slice=index):
                key = f"key:{index.value}" if isinstance(index, ast.Constant) and isinstance(index.value, str) else "index"
                self.expression(value, (key,))
                self.expression(index, ("other",))
            case ast.BinOp(left=left, right=right):
                kind = ("string",) if isinstance(node.op, ast.Mod) and isinstance(left, ast.Constant | ast.JoinedStr) else ("number",)
                self.expression(left, kind)
                self.expression(right, kind)
            case ast.Compare():
                self._compare(node)
            case ast.BoolOp():
                self._either(node, result)
            case ast.UnaryOp(op=op, operand=value):
                self.expression(value, ("truth",) if isinstance(op, ast.Not) else ("number",))
            case ast.IfExp(test=test, body=one, orelse=other):
                self.expression(test, ("truth",))
                scope, self.scope = self.scope, narrowed(test, self.scope)
                self.expression(one, result)
                self.scope = scope
                self.expression(other, result)
            case _:
                self._compound(node)

    def _compound(self, node: ast.expr) -> None:  # noqa: PLR0912 - one case for each kind
        """What has expressions of which nothing is asked, or names of its own."""
        match node:
            case ast.Starred(value=value):
                self.expression(value, ("iterate",))
            case ast.NamedExpr(target=target, value=value):
                self.expression(value, ("assigned",))
                bind(target, meaning(value, self.scope), self.scope)
            case ast.Lambda(args=arguments, body=body):
                given = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs, arguments.vararg, arguments.kwarg]
                self._in(Scope({a.arg: unknown(a.arg) for a in given if a}, self.scope, self.scope.of_class), body)
            case ast.ListComp() | ast.SetComp() | ast.GeneratorExp():
                self._comprehension(node.generators, node.elt)
            case ast.DictComp():
                self._comprehension(node.generators, node.key, node.value)
            case ast.JoinedStr(values=parts):
                for part in parts:
                    if isinstance(part, ast.FormattedValue):
                        self.expression(part.value, ("string",))
            case ast.Dict(keys=keys, values=values):
                for covering, names, default in covered_by_dict(node, self.scope):
                    self.use(covering, UseKind.cover, node, covered=names, result=default)
                for key, held in zip(keys, values, strict=True):
                    self.expression(key, ("other",))
                    self.expression(held, ("other",) if key is not None else ("iterate",))
            case _:
                for child in ast.iter_child_nodes(node):
                    if isinstance(child, ast.expr):
                        self.expression(child, ("return",) if isinstance(node, ast.Yield) else ("other",))

    def _either(self, node: ast.BoolOp, result: Result) -> None:
        scope = self.scope
        for value in node.values[:-1]:
            self.expression(value, ("truth", *result))
            if isinstance(node.op, ast.And):
                self.scope = narrowed(value, self.scope)
        self.expression(node.values[-1], result)
        self.scope = scope

    def _text(self, node: ast.Constant, text: str) -> None:
        if DOTTED.match(text) and len(text) < 200:
            first, *rest = text.replace(":", ".").split(".")
            self.use((ABSOLUTE + first, *rest), UseKind.named, node)

    def _in(self, scope: Scope, *bodies: ast.expr) -> None:
        kept, self.scope = self.scope, scope
        for body in bodies:
            self.expression(body, ("other",))
        self.scope = kept

    def _comprehension(self, generators: list[ast.comprehension], *bodies: ast.expr) -> None:
        for generator in generators:
            self.expression(generator.iter, ("iterate",))
            self.unpacked(generator.target, generator.iter)
        conditions = [c for g in generators for c in g.ifs]
        self._in(comprehended(generators, self.scope), *conditions, *bodies)

    def unpacked(self, target: ast.expr, iterated: ast.expr) -> None:
        """``for a, b in x``: each element has to be of two."""
        if isinstance(target, ast.Tuple) and not any(isinstance(e, ast.Starred) for e in target.elts):
            self.use(step(meaning(iterated, self.scope), ELEMENT), UseKind.read, target, result=(f"unpack:{len(target.elts)}",))

    def _compare(self, node: ast.Compare) -> None:
        sides = [node.left, *node.comparators]
        for i, side in enumerate(sides):
            operator = node.ops[max(0, i - 1)]
            other = sides[1] if i == 0 else sides[i - 1]
            self.expression(side, (_compared(operator, other, last=i > 0),))

    def _call(self, node: ast.Call, result: Result) -> None:
        function = meaning(node.func, self.scope)
        name = function[-1]
        self.use(function, UseKind.call, node, call=self.shape(node), result=result)
        if isinstance(node.func, ast.Attribute):
            self.expression(node.func.value, (f"attribute:{node.func.attr}",))
        elif not isinstance(node.func, ast.Name):
            self.expression(node.func, ("call",))
        self._named(node, name)
        self._given_functions(node, name)
        if name == "partial" and node.args:
            shape = self.shape(node)._replace(places=len(node.args) - 1, partial=True)
            self.use(meaning(node.args[0], self.scope), UseKind.call, node, call=shape, result=("other",))
        given = _given(function, name)
        element = element_given(node, function, self.scope)
        for argument in node.args:
            self._argument(argument, given, element)
        for keyword in node.keywords:
            self._argument(keyword.value, ("argument",) if keyword.arg else ("iterate",), element)

    def _argument(self, node: ast.expr, result: Result, element: Chain) -> None:
        """``element``: what a function that is given as an argument is called with."""
        if isinstance(node, ast.Lambda) and node.args.args and known(element):
            first = node.args.args[0].arg
            self._in(Scope({first: element}, self.scope, self.scope.of_class), node.body)
        else:
            self.expression(node, result)

    def _given_functions(self, node: ast.Call, name: str) -> None:
        """Functions that are called with what stands beside them: ``map(f, x)``, ``submit(f, x)``, ``sorted(x, key=f)``; and fields by
        name: ``replace(order, state=…)``."""
        if name in CALLING_FIRST and node.args and isinstance(node.args[0], ast.Name | ast.Attribute):
            rest = ast.Call(func=node.args[0], args=node.args[1:], keywords=[] if name in ITERATING else node.keywords)
            self.use(
                meaning(node.args[0], self.scope), UseKind.call, node, call=self.shape(rest)._replace(kinds=()), result=("argument",)
            )
        for keyword in node.keywords:
            if keyword.arg == "key" and isinstance(keyword.value, ast.Name | ast.Attribute):
                self.use(meaning(keyword.value, self.scope), UseKind.call, node, call=Call(1), result=("argument",))
        if name in {"replace", "_replace", "evolve"} and node.keywords:
            of = node.func.value if name == "_replace" and isinstance(node.func, ast.Attribute) else node.args[0] if node.args else None
            for keyword in node.keywords if of is not None else ():
                if keyword.arg:
                    self.use((*meaning(of, self.scope), keyword.arg), UseKind.named, node)

    def _named(self, node: ast.Call, name: str) -> None:
        """``getattr(x, "name")``, ``patch.object(x, "name")``, ``monkeypatch.setattr(x, "name", …)``."""
        match node.args:
            case [one, ast.Constant(value=str(attribute)), *rest] if name in NAMED_BY_STRING and attribute.isidentifier():
                if isinstance(node.func, ast.Name) and name == "setattr":
                    return
                allowed = (
                    name == "hasattr" or (name == "getattr" and rest) or any(k.arg in {"raising", "create"} for k in node.keywords)
                )
                self.use((*meaning(one, self.scope), attribute), UseKind.named, node, guarded=bool(allowed))

    def shape(self, node: ast.Call) -> Call:
        places = [a for a in node.args if not isinstance(a, ast.Starred)]
        named = [k for k in node.keywords if k.arg]
        written = [name for k in node.keywords if not k.arg for name in _keys_written(k.value)]
        return Call(
            places=len(places),
            keywords=(*(str(k.arg) for k in named), *written),
            stars=len(places) < len(node.args),
            options=any(k.arg is None and not _keys_written(k.value) for k in node.keywords),
            kinds=tuple(kind_of(a, self.scope) if isinstance(a, WRITTEN) else "?" for a in [*places, *(k.value for k in named)]),
        )


WRITTEN = ast.Constant | ast.List | ast.Dict | ast.Tuple | ast.Set | ast.JoinedStr


def _keys_written(node: ast.expr) -> list[str]:
    """``**{"tax": 1}`` gives an argument by name."""
    match node:
        case ast.Dict(keys=keys) if keys and all(isinstance(k, ast.Constant) and isinstance(k.value, str) for k in keys):
            return [str(k.value) for k in keys if isinstance(k, ast.Constant)]
        case _:
            return []


def _compared(operator: ast.cmpop, other: ast.expr, *, last: bool) -> str:
    match operator, other:
        case (ast.In() | ast.NotIn(), _):
            return "iterate" if last else "other"
        case (_, ast.Constant(value=None)):
            return "none"
        case (ast.Eq() | ast.NotEq() | ast.Is() | ast.IsNot(), ast.Constant(value=value)):
            return f"equal:{type(value).__name__}"
        case (ast.Eq() | ast.NotEq(), ast.Tuple(elts=elements)):
            return f"equal:tuple:{len(elements)}"
        case (ast.Eq() | ast.NotEq(), ast.List() | ast.Dict() | ast.Set()):
            return f"equal:{type(other).__name__.lower()}"
        case (ast.Lt() | ast.Gt() | ast.LtE() | ast.GtE(), _):
            return "number"
        case _:
            return "other"


def _given(function: Chain, name: str) -> Result:
    """What is done with the arguments of a call."""
    if len(function) == 1 and name in ITERATING:
        return ("iterate",)
    if len(function) == 1 and name in BUILTIN_RESULT:
        return (BUILTIN_RESULT[name],)
    if name == "join" and function[:2] == ("str", CALLED):
        return ("iterate",)
    if name in RUNNERS and len(function) > 1:
        return ("await", "argument")
    return ("argument",)
