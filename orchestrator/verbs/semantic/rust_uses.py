"""What a Rust file uses: paths, methods and fields of what is known, calls with their arguments, fields of literals."""

# ruff: noqa: ARG002 - all that are chosen by a node's type take the same
from __future__ import annotations

from dataclasses import dataclass

from tree_sitter import Node

from orchestrator.nouns.code import AWAITED, BY_KEY, CALLED, EACH, ELEMENT, Call, Chain, UseKind
from orchestrator.verbs.semantic.rust_types import PLAIN, path_of, value_of
from orchestrator.verbs.semantic.scope import NOTHING, Scope, known, step
from orchestrator.verbs.semantic.walking import OTHER, Result, Walk, child, instance
from orchestrator.verbs.symbols.syntax import said

SAME = frozenset(
    "unwrap expect unwrap_or unwrap_or_default unwrap_or_else clone as_ref as_mut borrow borrow_mut lock read write iter iter_mut "
    "into_iter ok_or ok to_owned take cloned copied as_deref filter rev skip collect".split()
)
"""Methods that give what they were called on, or what is inside of it."""

ONE = frozenset({"first", "last", "pop", "get", "next", "find", "get_mut", "remove"})


def meaning(node: Node | None, scope: Scope) -> Chain:  # noqa: PLR0912 - one case for each kind of expression
    """What an expression means. What is wrapped in ``Option`` or ``Result`` is taken for what is inside."""
    if node is None:
        return NOTHING
    match node.type:
        case "identifier" | "type_identifier":
            return scope.lookup(said(node))
        case "self":
            return instance(tuple(scope.of_class.split("."))) if scope.of_class else NOTHING
        case "scoped_identifier" | "scoped_type_identifier":
            return path_of(node, scope)
        case "field_expression":
            return step(meaning(child(node, "value"), scope), said(child(node, "field")))
        case "call_expression":
            return _called(meaning(child(node, "function"), scope))
        case "struct_expression":
            return instance(path_of(child(node, "name"), scope))
        case "await_expression":
            return step(meaning(node.named_children[0], scope), AWAITED)
        case "index_expression":
            return step(meaning(node.named_children[0], scope), ELEMENT)
        case "reference_expression" | "try_expression" | "parenthesized_expression" | "unary_expression":
            return meaning(child(node, "value") or node.named_children[-1], scope)
        case "type_cast_expression":
            return value_of(child(node, "type"), scope)
        case "string_literal":
            return ("str", CALLED)
        case _:
            return NOTHING


def _called(function: Chain) -> Chain:
    match function:
        case (*before, "each" | "by", name) if name in ONE:
            return tuple(before)
        case (*before, "by", "values"):
            return (*before, EACH)
        case (*before, name) if name in SAME and before:
            return tuple(before)
        case ("Some" | "Ok" | "Box",):
            return NOTHING
        case _:
            return step(function, CALLED)


@dataclass
class RustWalk(Walk):
    """One walk over a file."""

    def on_use_declaration(self, node: Node, result: Result) -> None:
        return

    on_mod_item_name = on_use_declaration
    on_attribute_item = on_use_declaration
    on_visibility_modifier = on_use_declaration

    def on_identifier(self, node: Node, result: Result) -> None:
        self.use(meaning(node, self.scope), UseKind.read, node, result=result)

    on_scoped_identifier = on_identifier

    def on_type_identifier(self, node: Node, result: Result) -> None:
        if said(node) not in PLAIN and said(node) != "Self":
            self.use(self.scope.lookup(said(node)), UseKind.annotate, node, result=result)

    def on_scoped_type_identifier(self, node: Node, result: Result) -> None:
        self.use(path_of(node, self.scope), UseKind.annotate, node, result=result)

    def on_field_expression(self, node: Node, result: Result) -> None:
        self.use(meaning(node, self.scope), UseKind.read, node, result=result)
        self.visit(child(node, "value"), (f"attribute:{said(child(node, 'field'))}",))

    def on_call_expression(self, node: Node, result: Result) -> None:
        function, given = child(node, "function"), child(node, "arguments")
        arguments = [one for one in given.named_children if "comment" not in one.type] if given is not None else []
        if function is not None and function.type == "generic_function":
            function = child(function, "function")
        self.use(meaning(function, self.scope), UseKind.call, node, call=Call(places=len(arguments)), result=result)
        if function is not None and function.type == "field_expression":
            self.visit(child(function, "value"), (f"attribute:{said(child(function, 'field'))}",))
        for one in arguments:
            self.visit(one, ("argument",))

    def on_struct_expression(self, node: Node, result: Result) -> None:
        chain, body = path_of(child(node, "name"), self.scope), child(node, "body")
        fields = [one for one in body.named_children if "comment" not in one.type] if body is not None else []
        names = tuple(said(child(one, "field") or one) for one in fields if one.type != "base_field_initializer")
        others = any(one.type == "base_field_initializer" for one in fields)
        self.use(chain, UseKind.call, node, call=Call(keywords=names, options=others), result=result)
        for one in fields:
            self.visit(child(one, "value") or (one.named_children[0] if one.named_children else None), ("argument",))

    def on_macro_invocation(self, node: Node, result: Result) -> None:
        """The names in it, and members of those that are known: ``println!("{}", cart.total())``."""
        for tokens in (one for one in node.named_children if one.type == "token_tree"):
            self._tokens(tokens)

    def _tokens(self, tree: Node) -> None:
        chain: Chain = NOTHING
        before = ""
        for one in tree.children:
            if one.type in {"identifier", "self"}:
                chain = step(chain, said(one)) if before in {".", "::"} and known(chain) else meaning(one, self.scope)
                self.use(chain, UseKind.read, one, result=OTHER)
            elif one.type == "token_tree":
                self._tokens(one)
                chain = step(chain, CALLED) if before == "name" and known(chain) else NOTHING
            before = "name" if one.type in {"identifier", "self", "token_tree"} else said(one)

    def on_await_expression(self, node: Node, result: Result) -> None:
        self.children(node, ("await", *result))

    def on_try_expression(self, node: Node, result: Result) -> None:
        self.children(node, result)

    on_parenthesized_expression = on_try_expression
    on_reference_expression = on_try_expression

    def on_binary_expression(self, node: Node, result: Result) -> None:
        operator = said(child(node, "operator"))
        number = operator in {"<", ">", "<=", ">=", "-", "*", "/", "%", "+"}
        for one in (child(node, "left"), child(node, "right")):
            self.visit(one, ("number",) if number else ("truth",) if operator in {"&&", "||"} else OTHER)

    def on_return_expression(self, node: Node, result: Result) -> None:
        self.children(node, ("return",))

    def on_let_declaration(self, node: Node, result: Result) -> None:
        kind, pattern, value = child(node, "type"), child(node, "pattern"), child(node, "value")
        self.visit(kind)
        unpacked = pattern is not None and pattern.type == "tuple_pattern"
        self.visit(value, (f"unpack:{pattern.named_child_count}",) if unpacked and pattern is not None else ("assigned",))
        told = value_of(kind, self.scope)
        self._bound(pattern, told if known(told) else meaning(value, self.scope))

    def on_let_condition(self, node: Node, result: Result) -> None:
        self.visit(child(node, "value"), ("truth",))
        self._bound(child(node, "pattern"), meaning(child(node, "value"), self.scope))

    def on_for_expression(self, node: Node, result: Result) -> None:
        over = child(node, "value")
        self.visit(over, ("iterate",))
        each = meaning(over, self.scope)
        self._bound(child(node, "pattern"), each[:-1] if each[-1] == BY_KEY else step(each, ELEMENT))
        self.visit(child(node, "body"))

    def on_match_arm(self, node: Node, result: Result) -> None:
        pattern = child(node, "pattern")
        self._bound(pattern.named_children[0] if pattern is not None and pattern.named_children else None, NOTHING)
        self.visit(child(node, "value"), OTHER)

    def _bound(self, pattern: Node | None, value: Chain) -> None:
        """``Some(line)`` binds what is inside; of other patterns the variant is used, and what it binds is not known."""
        match pattern.type if pattern is not None else "":
            case "identifier":
                self.bind(said(pattern), value)
            case "mut_pattern" | "reference_pattern" | "ref_pattern" if pattern is not None:
                self._bound(pattern.named_children[-1], value)
            case "tuple_struct_pattern" if pattern is not None:
                first, *inner = pattern.named_children
                wrapping = said(first) in {"Some", "Ok"}
                if not wrapping:
                    self.visit(first)
                for one in inner:
                    self._bound(one, value if wrapping else NOTHING)
            case "scoped_identifier":
                self.visit(pattern)
            case "":
                return
            case _ if pattern is not None:
                for one in pattern.named_children:
                    self._bound(one, NOTHING)

    def on_function_item(self, node: Node, result: Result) -> None:
        with self.inside(said(child(node, "name"))):
            given = child(node, "parameters")
            for one in given.named_children if given is not None else []:
                self.visit(child(one, "type"))
                self._bound(child(one, "pattern"), value_of(child(one, "type"), self.scope))
            self.visit(child(node, "return_type"))
            self.visit(child(node, "body"))

    on_function_signature_item = on_function_item

    def on_closure_expression(self, node: Node, result: Result) -> None:
        with self.inside(""):
            given = child(node, "parameters")
            for one in given.named_children if given is not None else []:
                self._bound(child(one, "pattern") or one, value_of(child(one, "type"), self.scope))
            self.visit(child(node, "body"), ("return",))

    def on_impl_item(self, node: Node, result: Result) -> None:
        kind, trait = child(node, "type"), child(node, "trait")
        name = said(child(kind, "type") or kind)
        if trait is not None:
            self.use(path_of(child(trait, "type") or trait, self.scope), UseKind.subclass, trait)
        self.visit(kind)
        with self.inside(name, of_class=name if name.isidentifier() else "", local=False):
            self.visit(child(node, "body"))

    def on_trait_item(self, node: Node, result: Result) -> None:
        name = said(child(node, "name"))
        with self.inside(name, of_class=name, local=False):
            self.visit(child(node, "body"))

    def on_struct_item(self, node: Node, result: Result) -> None:
        self.visit(child(node, "body"))

    on_enum_item = on_struct_item

    def on_field_declaration(self, node: Node, result: Result) -> None:
        self.visit(child(node, "type"))

    def on_enum_variant(self, node: Node, result: Result) -> None:
        self.visit(child(node, "body"))

    def on_mod_item(self, node: Node, result: Result) -> None:
        self.visit(child(node, "body"))

    def on_const_item(self, node: Node, result: Result) -> None:
        self.visit(child(node, "type"))
        self.visit(child(node, "value"), ("assigned",))

    on_static_item = on_const_item
