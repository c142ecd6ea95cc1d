"""What a Go file uses: names of its package and of others, members, calls with their arguments, fields of literals."""

# ruff: noqa: ARG002 - all that are chosen by a node's type take the same
from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from tree_sitter import Node

from orchestrator.nouns.code import BY_KEY, CALLED, EACH, ELEMENT, Call, Chain, UseKind
from orchestrator.verbs.semantic.go_types import PLAIN, value_of
from orchestrator.verbs.semantic.scope import NOTHING, Scope, known, step
from orchestrator.verbs.semantic.walking import OTHER, Result, Walk, child
from orchestrator.verbs.symbols.syntax import said


def meaning(node: Node | None, scope: Scope) -> Chain:
    """What an expression means. Of a call with several results it is the first."""
    if node is None:
        return NOTHING
    match node.type:
        case "identifier" | "type_identifier":
            return scope.lookup(said(node))
        case "selector_expression":
            return step(meaning(child(node, "operand"), scope), said(child(node, "field")))
        case "qualified_type":
            return (*scope.lookup(said(child(node, "package"))), said(child(node, "name")))
        case "call_expression":
            return step(meaning(child(node, "function"), scope), CALLED)
        case "composite_literal" | "type_assertion_expression" | "type_conversion_expression":
            return value_of(child(node, "type"), scope)
        case "index_expression" | "slice_expression":
            inner = meaning(child(node, "operand"), scope)
            return step(inner, ELEMENT) if node.type == "index_expression" else inner
        case "unary_expression":
            return meaning(child(node, "operand"), scope) if said(child(node, "operator")) in {"&", "*"} else NOTHING
        case "parenthesized_expression":
            return meaning(node.named_children[0], scope) if node.named_children else NOTHING
        case "interpreted_string_literal" | "raw_string_literal":
            return ("str", CALLED)
        case _:
            return NOTHING


@dataclass
class GoWalk(Walk):
    """One walk over a file."""

    def on_import_declaration(self, node: Node, result: Result) -> None:
        return

    def on_identifier(self, node: Node, result: Result) -> None:
        self.use(meaning(node, self.scope), UseKind.read, node, result=result)

    def on_type_identifier(self, node: Node, result: Result) -> None:
        if said(node) not in PLAIN:
            self.use(self.scope.lookup(said(node)), UseKind.annotate, node, result=result)

    def on_qualified_type(self, node: Node, result: Result) -> None:
        self.use(meaning(node, self.scope), UseKind.annotate, node, result=result)

    def on_selector_expression(self, node: Node, result: Result) -> None:
        self.use(meaning(node, self.scope), UseKind.read, node, result=result)
        self.visit(child(node, "operand"), (f"attribute:{said(child(node, 'field'))}",))

    def on_call_expression(self, node: Node, result: Result) -> None:
        function, given = child(node, "function"), child(node, "arguments")
        arguments = [one for one in given.named_children if one.type != "comment"] if given is not None else []
        spread = any(one.type == "variadic_argument" for one in arguments)
        several = len(arguments) == 1 and arguments[0].type == "call_expression"  # its results may be all the arguments
        call = Call(places=0 if several else len(arguments) - spread, stars=spread or several)
        self.use(meaning(function, self.scope), UseKind.call, node, call=call, result=result)
        if function is not None and function.type == "selector_expression":
            self.visit(child(function, "operand"), (f"attribute:{said(child(function, 'field'))}",))
        elif function is not None and function.type != "identifier":
            self.visit(function, ("call",))
        for one in arguments:
            self.visit(one, ("argument",))

    def on_composite_literal(self, node: Node, result: Result) -> None:
        kind, body = child(node, "type"), child(node, "body")
        self.visit(kind)
        made = value_of(kind, self.scope)
        for element in body.named_children if body is not None else []:
            key, value = child(element, "key"), child(element, "value")
            if key is not None and key.named_children and key.named_children[0].type == "identifier" and made[-1] == CALLED:
                self.use((*made, said(key)), UseKind.read, element, result=("assigned",))
            elif key is not None:
                self.visit(key)
            self.visit(value or element, ("argument",))

    def on_binary_expression(self, node: Node, result: Result) -> None:
        operator, sides = said(child(node, "operator")), (child(node, "left"), child(node, "right"))
        for one, other in (sides, sides[::-1]):
            nothing = other is not None and other.type == "nil"
            number = operator in {"<", ">", "<=", ">=", "-", "*", "/", "%"}
            self.visit(one, ("none",) if nothing else ("number",) if number else ("truth",) if operator in {"&&", "||"} else OTHER)

    def on_return_statement(self, node: Node, result: Result) -> None:
        for one in node.named_children:
            self.children(one, ("return",)) if one.type == "expression_list" else self.visit(one, ("return",))

    def on_short_var_declaration(self, node: Node, result: Result) -> None:
        left, right = _elements(child(node, "left")), _elements(child(node, "right"))
        alone = len(right) == 1 and right[0].type == "call_expression"
        for one in right:
            self.visit(one, (f"unpack:{len(left)}",) if alone and len(left) > 1 else ("assigned",))
        for i, name in enumerate(left):
            held = meaning(right[i], self.scope) if i < len(right) else NOTHING
            if name.type == "identifier":
                self.bind(said(name), held)

    def on_assignment_statement(self, node: Node, result: Result) -> None:
        left, right = _elements(child(node, "left")), _elements(child(node, "right"))
        for one in right:
            self.visit(one, (f"unpack:{len(left)}",) if len(right) < len(left) else ("assigned",))
        for one in left:
            if one.type == "selector_expression":
                self.use(meaning(one, self.scope), UseKind.assign, one)
                self.visit(child(one, "operand"))
            elif one.type != "identifier":
                self.visit(one)

    def on_var_spec(self, node: Node, result: Result) -> None:
        kind, values = child(node, "type"), _elements(child(node, "value"))
        self.visit(kind)
        for one in values:
            self.visit(one, ("assigned",))
        for i, name in enumerate(node.children_by_field_name("name")):
            told = value_of(kind, self.scope)
            self.bind(said(name), told if known(told) else meaning(values[i], self.scope) if i < len(values) else NOTHING)

    def on_const_spec(self, node: Node, result: Result) -> None:
        self.visit(child(node, "type"))
        self.visit(child(node, "value"))

    def on_range_clause(self, node: Node, result: Result) -> None:
        over, names = child(node, "right"), _elements(child(node, "left"))
        self.visit(over, ("iterate",))
        each = meaning(over, self.scope)
        for i, name in enumerate(names):
            self.bind(said(name), _each(each) if i == 1 else NOTHING)

    def on_function_declaration(self, node: Node, result: Result) -> None:
        self._function(node, said(child(node, "name")))

    def on_method_declaration(self, node: Node, result: Result) -> None:
        self._function(node, f"{receiver(node)}.{said(child(node, 'name'))}")

    def on_func_literal(self, node: Node, result: Result) -> None:
        self._function(node, "")

    def _function(self, node: Node, name: str) -> None:
        with self.inside(name):
            for given in (child(node, "receiver"), child(node, "parameters"), child(node, "result")):
                for one in given.named_children if given is not None and given.type == "parameter_list" else []:
                    kind = child(one, "type")
                    self.visit(kind)
                    told = value_of(kind, self.scope)
                    for each in one.children_by_field_name("name"):
                        self.bind(said(each), step(told, EACH) if one.type.startswith("variadic") else told)
            if (result_type := child(node, "result")) is not None and result_type.type != "parameter_list":
                self.visit(result_type)
            self.visit(child(node, "body"))

    def on_type_spec(self, node: Node, result: Result) -> None:
        with self.inside(said(child(node, "name")), local=False):
            for one in _embedded(child(node, "type")):
                self.use(meaning(one, self.scope), UseKind.subclass, one)
            self.visit(child(node, "type"))

    def on_field_declaration(self, node: Node, result: Result) -> None:
        self.visit(child(node, "type"))

    def on_method_elem(self, node: Node, result: Result) -> None:
        for given in (child(node, "parameters"), child(node, "result")):
            self.visit(given)

    def on_parameter_declaration(self, node: Node, result: Result) -> None:
        self.visit(child(node, "type"))


def _each(over: Chain) -> Chain:
    return over[:-1] if over[-1] == BY_KEY else step(over, ELEMENT)


def receiver(node: Node) -> str:
    """``Account`` for ``(a *Account)``."""
    inside = said(child(node, "receiver")).strip("()").partition("[")[0]
    return inside.rpartition(" ")[2].lstrip("*")


def _embedded(kind: Node | None) -> Iterator[Node]:
    """The types whose members a struct or interface takes over."""
    for group in kind.named_children if kind is not None and kind.type in {"struct_type", "interface_type"} else []:
        if group.type == "type_elem":
            yield from group.named_children[:1]
        for one in group.named_children if group.type == "field_declaration_list" else []:
            inner = child(one, "type")
            if one.type == "field_declaration" and child(one, "name") is None and inner is not None:
                yield inner.named_children[0] if inner.type == "pointer_type" else inner


def embedded(kind: Node | None, scope: Scope) -> tuple[Chain, ...]:
    """What a struct or interface takes over, as chains."""
    return tuple(meaning(one, scope) for one in _embedded(kind))


def _elements(node: Node | None) -> list[Node]:
    if node is None:
        return []
    return list(node.named_children) if node.type == "expression_list" else [node]
