"""What a Java file uses: classes, members, calls with their arguments, and what is done with values."""

# ruff: noqa: ARG002 - all that are chosen by a node's type take the same
from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from tree_sitter import Node

from orchestrator.nouns.code import CALLED, EACH, ELEMENT, SUPER, Call, Chain, UseKind
from orchestrator.verbs.semantic.java_types import value_of
from orchestrator.verbs.semantic.scope import NOTHING, Scope, known, step
from orchestrator.verbs.semantic.walking import OTHER, Result, Walk, child, instance
from orchestrator.verbs.symbols.syntax import said

TYPES = frozenset({"class_declaration", "interface_declaration", "enum_declaration", "record_declaration"})
METHODS = frozenset({"method_declaration", "constructor_declaration"})


def inside_of(node: Node, name: str, outer: Scope) -> Scope:
    """Inside of a type: its fields and inner types by their own names. ``name`` is qualified in the file."""
    own = tuple(name.split("."))
    names: dict[str, Chain] = {}
    body = child(node, "body")
    for one in body.named_children if body is not None else []:
        if one.type in TYPES:
            names[said(child(one, "name"))] = (*own, said(child(one, "name")))
        elif one.type in {"field_declaration", "constant_declaration"}:
            for each in one.named_children:
                if each.type == "variable_declarator":
                    names[said(child(each, "name"))] = (*own, CALLED, said(child(each, "name")))
    return Scope(names=names, outer=outer, of_class=name)


def bases(node: Node, scope: Scope) -> Iterator[Chain]:
    """What a type extends, then what it implements."""
    for clause in node.named_children:
        if clause.type in {"superclass", "super_interfaces", "extends_interfaces"}:
            inner = clause.named_children
            for one in inner[0].named_children if inner and inner[0].type == "type_list" else inner:
                yield scope.lookup(said(one.named_children[0] if one.type == "generic_type" else one).partition("<")[0])


def meaning(node: Node | None, scope: Scope) -> Chain:
    """What an expression means."""
    if node is None:
        return NOTHING
    match node.type:
        case "identifier" | "type_identifier":
            return scope.lookup(said(node))
        case "this":
            return instance(tuple(scope.of_class.split("."))) if scope.of_class else NOTHING
        case "super":
            return (*scope.of_class.split("."), SUPER) if scope.of_class else NOTHING
        case "field_access":
            return step(meaning(child(node, "object"), scope), said(child(node, "field")))
        case "method_invocation":
            return _called(function_of(node, scope))
        case "object_creation_expression":
            return value_of(child(node, "type"), scope)
        case "array_access":
            return step(meaning(child(node, "array"), scope), ELEMENT)
        case "cast_expression":
            return value_of(child(node, "type"), scope)
        case "parenthesized_expression":
            return meaning(node.named_children[0], scope) if node.named_children else NOTHING
        case "string_literal":
            return ("str", CALLED)
        case _:
            return NOTHING


def function_of(node: Node, scope: Scope) -> Chain:
    """What is called; without an object it is a method of the class, or one that was imported."""
    owner, name = child(node, "object"), said(child(node, "name"))
    if owner is not None:
        return step(meaning(owner, scope), name)
    told = scope.lookup(name)
    return told if len(told) > 1 or not scope.of_class else (*scope.of_class.split("."), CALLED, name)


def _called(function: Chain) -> Chain:
    match function:
        case (*before, "by" | "each", "get" | "getFirst" | "getLast" | "remove" | "poll"):
            return tuple(before)
        case (*before, "by", "values"):
            return (*before, EACH)
        case (*before, "each", "stream" | "filter" | "sorted" | "limit" | "iterator"):
            return (*before, EACH)
        case _:
            return step(function, CALLED)


@dataclass
class JavaWalk(Walk):
    """One walk over a file."""

    def on_identifier(self, node: Node, result: Result) -> None:
        self.use(meaning(node, self.scope), UseKind.read, node, result=result)

    def on_type_identifier(self, node: Node, result: Result) -> None:
        self.use(self.scope.lookup(said(node)), UseKind.annotate, node, result=result)

    def on_scoped_type_identifier(self, node: Node, result: Result) -> None:
        first, *rest = said(node).split(".")
        self.use((*self.scope.lookup(first), *rest), UseKind.annotate, node, result=result)

    def on_field_access(self, node: Node, result: Result) -> None:
        self.use(meaning(node, self.scope), UseKind.read, node, result=result)
        self.visit(child(node, "object"), (f"attribute:{said(child(node, 'field'))}",))

    def on_method_invocation(self, node: Node, result: Result) -> None:
        self.use(function_of(node, self.scope), UseKind.call, node, call=_shape(node), result=result)
        self.visit(child(node, "object"), (f"attribute:{said(child(node, 'name'))}",))
        self._arguments(node)

    def on_object_creation_expression(self, node: Node, result: Result) -> None:
        kind = child(node, "type")
        chain = value_of(kind, self.scope)
        if known(chain):
            self.use(chain[:-1], UseKind.call, node, call=_shape(node), result=result)
        self._arguments(node)
        for one in node.named_children:
            if one.type == "class_body":
                self.visit(one)

    def _arguments(self, node: Node) -> None:
        given = child(node, "arguments")
        if given is not None:
            self.children(given, ("argument",))

    def on_method_reference(self, node: Node, result: Result) -> None:
        first, *rest = [said(c) for c in node.children if c.type != "::"]
        self.use((*self.scope.lookup(first), *rest), UseKind.read, node, result=result)

    def on_lambda_expression(self, node: Node, result: Result) -> None:
        with self.inside(""):
            given = child(node, "parameters")
            for one in (
                [given] if given is not None and given.type == "identifier" else given.named_children if given is not None else []
            ):
                self.bind(said(child(one, "name") or one), value_of(child(one, "type"), self.scope))
            self.visit(child(node, "body"), ("return",))

    def on_binary_expression(self, node: Node, result: Result) -> None:
        operator = said(child(node, "operator"))
        sides = child(node, "left"), child(node, "right")
        for one, other in (sides, sides[::-1]):
            nothing = operator in {"==", "!="} and other is not None and other.type == "null_literal"
            number = operator in {"<", ">", "<=", ">=", "-", "*", "/", "%"}
            self.visit(one, ("none",) if nothing else ("number",) if number else ("truth",) if operator in {"&&", "||"} else OTHER)

    def on_parenthesized_expression(self, node: Node, result: Result) -> None:
        self.children(node, result)

    def on_return_statement(self, node: Node, result: Result) -> None:
        self.children(node, ("return",))

    def on_if_statement(self, node: Node, result: Result) -> None:
        self.visit(child(node, "condition"), ("truth",))
        self.visit(child(node, "consequence"))
        self.visit(child(node, "alternative"))

    def on_local_variable_declaration(self, node: Node, result: Result) -> None:
        kind = child(node, "type")
        self.visit(kind)
        for one in node.named_children:
            if one.type == "variable_declarator":
                self.visit(child(one, "value"), ("assigned",))
                told = value_of(kind, self.scope)
                self.bind(
                    said(child(one, "name")), told if known(told) and said(kind) != "var" else meaning(child(one, "value"), self.scope)
                )

    def on_assignment_expression(self, node: Node, result: Result) -> None:
        left = child(node, "left")
        self.visit(child(node, "right"), ("assigned",))
        if left is not None and left.type == "field_access" and said(child(left, "object")) != "this":
            self.use(meaning(left, self.scope), UseKind.assign, left)

    def on_enhanced_for_statement(self, node: Node, result: Result) -> None:
        over, kind = child(node, "value"), child(node, "type")
        self.visit(kind)
        self.visit(over, ("iterate",))
        each, told = meaning(over, self.scope), value_of(kind, self.scope)
        from_list = step(each, ELEMENT)
        self.bind(said(child(node, "name")), told if said(kind) != "var" else from_list)
        self.visit(child(node, "body"))

    def on_catch_formal_parameter(self, node: Node, result: Result) -> None:
        types = [one for group in node.named_children if group.type == "catch_type" for one in group.named_children]
        for one in types:
            self.use(self.scope.lookup(said(one)), UseKind.catch, one)
        self.bind(said(child(node, "name")), value_of(types[0], self.scope) if len(types) == 1 else NOTHING)

    def on_class_declaration(self, node: Node, result: Result) -> None:
        name = ".".join([*([self.scope.of_class] if self.scope.of_class else []), said(child(node, "name"))])
        kept = self.scope, self.place, self.local
        self.scope, self.place, self.local = inside_of(node, name, self.scope), tuple(name.split(".")), False
        for chain in bases(node, self.scope):
            self.use(chain, UseKind.subclass, node)
        self.visit(child(node, "body"))
        self.scope, self.place, self.local = kept

    on_interface_declaration = on_class_declaration
    on_enum_declaration = on_class_declaration
    on_record_declaration = on_class_declaration

    def on_field_declaration(self, node: Node, result: Result) -> None:
        self.visit(child(node, "type"))
        for one in node.named_children:
            if one.type == "variable_declarator":
                self.visit(child(one, "value"), ("assigned",))

    def on_method_declaration(self, node: Node, result: Result) -> None:
        self.visit(child(node, "type"))
        with self.inside(said(child(node, "name"))):
            given = child(node, "parameters")
            for one in given.named_children if given is not None else []:
                self.visit(child(one, "type"))
                self.bind(said(child(one, "name")), value_of(child(one, "type"), self.scope))
            self.visit(child(node, "body"))

    on_constructor_declaration = on_method_declaration


def _shape(node: Node) -> Call:
    given = child(node, "arguments")
    return Call(places=len([one for one in given.named_children if "comment" not in one.type]) if given is not None else 0)
