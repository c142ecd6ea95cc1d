"""What a JavaScript or TypeScript file uses: names, members, calls with their arguments, types, and what is done with values."""

# ruff: noqa: ARG002 - all that are chosen by a node's type take the same
from __future__ import annotations

from dataclasses import dataclass

from tree_sitter import Node

from orchestrator.nouns.code import AWAITED, BY_KEY, CALLED, EACH, ELEMENT, SUPER, Call, Chain, UseKind
from orchestrator.verbs.semantic.ecmascript_types import value_of
from orchestrator.verbs.semantic.scope import NOTHING, Scope, step
from orchestrator.verbs.semantic.walking import OTHER, Result, Walk, child, instance
from orchestrator.verbs.symbols.ecmascript import FUNCTION_VALUES
from orchestrator.verbs.symbols.syntax import said

TRANSPARENT = frozenset({"parenthesized_expression", "non_null_expression", "as_expression", "satisfies_expression"})
EACH_STAYS = frozenset({"filter", "slice", "sort", "reverse", "concat", "toSorted", "values"})
ELEMENT_OF = frozenset({"find", "pop", "shift", "at", "findLast"})
CALLBACKS = frozenset({"map", "filter", "forEach", "some", "every", "find", "findIndex", "flatMap", "findLast"})
COMPARING = frozenset({"<", ">", "<=", ">="})
COUNTING = frozenset({"-", "*", "/", "%", "**"})
EQUAL = frozenset({"==", "===", "!=", "!=="})


def meaning(node: Node | None, scope: Scope) -> Chain:  # noqa: PLR0912 - one case for each kind of expression
    """What an expression means."""
    if node is None:
        return NOTHING
    match node.type:
        case "identifier" | "type_identifier" | "shorthand_property_identifier":
            return scope.lookup(said(node))
        case "this":
            return (*scope.of_class.split("."), CALLED) if scope.of_class else NOTHING
        case "super":
            return (*scope.of_class.split("."), SUPER) if scope.of_class else NOTHING
        case "member_expression" | "nested_type_identifier" | "nested_identifier":
            owner, name = child(node, "object") or child(node, "module"), child(node, "property") or child(node, "name")
            return step(meaning(owner, scope), said(name))
        case "subscript_expression":
            return step(meaning(child(node, "object"), scope), ELEMENT)
        case "await_expression":
            return step(meaning(node.named_children[0], scope), AWAITED) if node.named_children else NOTHING
        case "new_expression":
            return instance(meaning(child(node, "constructor"), scope))
        case "call_expression":
            return _called(meaning(child(node, "function"), scope))
        case "as_expression" | "satisfies_expression":
            told = value_of(node.named_children[-1], scope)
            return told if told != NOTHING else meaning(node.named_children[0], scope)
        case "parenthesized_expression" | "non_null_expression":
            return meaning(node.named_children[0], scope) if node.named_children else NOTHING
        case "string" | "template_string":
            return ("str", CALLED)
        case "array":
            return step(meaning(node.named_children[0], scope), EACH) if node.named_children else NOTHING
        case _:
            return NOTHING


def _called(function: Chain) -> Chain:
    match function:
        case (*before, "by", "get"):
            return tuple(before)
        case (*before, "by", "values"):
            return (*before, EACH)
        case (*before, "each", name) if name in EACH_STAYS:
            return (*before, EACH)
        case (*before, "each", name) if name in ELEMENT_OF:
            return tuple(before)
        case _:
            return step(function, CALLED)


@dataclass
class ScriptWalk(Walk):
    """One walk over a file."""

    # names and members

    def on_identifier(self, node: Node, result: Result) -> None:
        self.use(meaning(node, self.scope), UseKind.read, node, result=result)

    on_shorthand_property_identifier = on_identifier

    def on_type_identifier(self, node: Node, result: Result) -> None:
        self.use(self.scope.lookup(said(node)), UseKind.annotate, node, result=result)

    def on_nested_type_identifier(self, node: Node, result: Result) -> None:
        self.use(meaning(node, self.scope), UseKind.annotate, node, result=result)

    def on_member_expression(self, node: Node, result: Result) -> None:
        self.use(meaning(node, self.scope), UseKind.read, node, result=result)
        self.visit(child(node, "object"), (f"attribute:{said(child(node, 'property'))}",))

    def on_subscript_expression(self, node: Node, result: Result) -> None:
        self.visit(child(node, "object"), ("index",))
        self.visit(child(node, "index"))

    # calls

    def on_call_expression(self, node: Node, result: Result) -> None:
        function = child(node, "function")
        chain = meaning(function, self.scope)
        self.use(chain, UseKind.call, node, call=_shape(node), result=result)
        if function is not None and function.type == "member_expression":
            owner = child(function, "object")
            self.visit(owner, (f"attribute:{said(child(function, 'property'))}",))
            self._arguments(node, meaning(owner, self.scope), said(child(function, "property")))
            return
        if function is not None and function.type not in {"identifier", "super", "import"}:
            self.visit(function, ("call",))
        self._arguments(node, NOTHING, "")

    def _arguments(self, node: Node, owner: Chain, name: str) -> None:
        given = child(node, "arguments")
        for one in given.named_children if given is not None else []:
            if one.type in FUNCTION_VALUES:
                each = step(owner, ELEMENT) if name in CALLBACKS and owner[-1] in {EACH, BY_KEY} else NOTHING
                self._function(one, "", first=each)
            else:
                self.visit(one.named_children[0] if one.type == "spread_element" and one.named_children else one, ("argument",))

    def on_new_expression(self, node: Node, result: Result) -> None:
        self.use(meaning(child(node, "constructor"), self.scope), UseKind.call, node, call=_shape(node), result=result)
        self.visit(child(node, "type_arguments"))
        self._arguments(node, NOTHING, "")

    def on_await_expression(self, node: Node, result: Result) -> None:
        self.children(node, ("await", *result))

    def on_jsx_opening_element(self, node: Node, result: Result) -> None:
        name = child(node, "name")
        if name is not None and (name.type != "identifier" or said(name)[:1].isupper()):
            self.use(meaning(name, self.scope), UseKind.read, node, result=result)
        for one in node.named_children:
            if one != name:
                self.visit(one)

    on_jsx_self_closing_element = on_jsx_opening_element

    def on_jsx_closing_element(self, node: Node, result: Result) -> None:
        return

    # operators

    def on_binary_expression(self, node: Node, result: Result) -> None:
        operator = said(child(node, "operator"))
        sides = child(node, "left"), child(node, "right")
        for one, other in (sides, sides[::-1]):
            self.visit(one, (_compared(operator, other),))

    def on_template_substitution(self, node: Node, result: Result) -> None:
        self.children(node, ("string",))

    def on_unary_expression(self, node: Node, result: Result) -> None:
        self.children(node, ("truth",) if said(child(node, "operator")) == "!" else OTHER)

    def on_parenthesized_expression(self, node: Node, result: Result) -> None:
        self.children(node, result)

    on_non_null_expression = on_parenthesized_expression

    def on_as_expression(self, node: Node, result: Result) -> None:
        self.children(node, result)

    # statements

    def on_import_statement(self, node: Node, result: Result) -> None:
        return

    def on_export_statement(self, node: Node, result: Result) -> None:
        if child(node, "source") is None:
            self.visit(child(node, "declaration") or child(node, "value"))
            for clause in node.named_children:
                for one in clause.named_children if clause.type == "export_clause" else []:
                    self.visit(child(one, "name"))

    def on_return_statement(self, node: Node, result: Result) -> None:
        self.children(node, ("return",))

    def on_if_statement(self, node: Node, result: Result) -> None:
        self.visit(child(node, "condition"), ("truth",))
        self.visit(child(node, "consequence"))
        self.visit(child(node, "alternative"))

    def on_variable_declarator(self, node: Node, result: Result) -> None:
        name, value, kind = child(node, "name"), child(node, "value"), child(node, "type")
        self.visit(kind)
        if value is not None and value.type in FUNCTION_VALUES:
            self._function(value, said(name))
            self.bind(said(name), NOTHING)
            return
        self.visit(value, ("assigned",))
        held = meaning(value, self.scope)
        told = value_of(kind, self.scope)
        if name is not None:
            self._bound(name, told if told != NOTHING else held)

    def _bound(self, pattern: Node, value: Chain) -> None:
        """``const { total, lines: l } = cart`` reads both of the cart."""
        match pattern.type:
            case "identifier":
                self.bind(said(pattern), value)
            case "object_pattern":
                for one in pattern.named_children:
                    key = child(one, "key") or child(one, "left") or one
                    got = step(value, said(key))
                    if one.type != "rest_pattern":
                        self.use(got, UseKind.read, one, result=("assigned",))
                    self.bind(said(child(one, "value") or key).lstrip("."), got)
            case "array_pattern":
                for one in pattern.named_children:
                    self._bound(one, step(value, ELEMENT) if value[-1] == EACH else NOTHING)
            case _:
                for one in pattern.named_children:
                    self._bound(one, NOTHING)

    def on_assignment_expression(self, node: Node, result: Result) -> None:
        left, right = child(node, "left"), child(node, "right")
        if right is not None and right.type in FUNCTION_VALUES:
            self._function(right, said(left).rpartition(".")[2])
        else:
            self.visit(right, ("assigned",))
        if left is not None and left.type == "member_expression":
            if said(child(left, "object")) not in {"this", "module", "exports", "module.exports"}:
                self.use(meaning(left, self.scope), UseKind.assign, left)
            self.visit(child(left, "object"))
        elif left is not None and left.type == "identifier" and self.local:
            self.scope.names[said(left)] = NOTHING

    def on_for_in_statement(self, node: Node, result: Result) -> None:
        over, left = child(node, "right"), child(node, "left")
        self.visit(over, ("iterate",))
        each = meaning(over, self.scope)
        if left is not None and self.local:
            self._bound(left, step(each, ELEMENT) if said(child(node, "operator")) == "of" else NOTHING)
        self.visit(child(node, "body"))

    def on_catch_clause(self, node: Node, result: Result) -> None:
        if self.local:
            self.scope.names[said(child(node, "parameter"))] = NOTHING
        self.visit(child(node, "body"))

    # definitions

    def on_function_declaration(self, node: Node, result: Result) -> None:
        self.bind(said(child(node, "name")), NOTHING)
        self._function(node, said(child(node, "name")))

    on_generator_function_declaration = on_function_declaration
    on_method_definition = on_function_declaration

    def on_arrow_function(self, node: Node, result: Result) -> None:
        self._function(node, "")

    on_function_expression = on_arrow_function

    def on_pair(self, node: Node, result: Result) -> None:
        value = child(node, "value")
        if value is not None and value.type in FUNCTION_VALUES:
            self._function(value, said(child(node, "key")))
        else:
            self.visit(value, ("argument",))

    def on_public_field_definition(self, node: Node, result: Result) -> None:
        self.visit(child(node, "type"))
        value = child(node, "value")
        if value is not None and value.type in FUNCTION_VALUES:
            self._function(value, said(child(node, "name")))
        else:
            self.visit(value, ("assigned",))

    on_field_definition = on_public_field_definition

    def _function(self, node: Node, name: str, *, first: Chain = NOTHING) -> None:
        given = child(node, "parameters") or child(node, "parameter")
        with self.inside(name):
            for i, one in enumerate(
                [given] if given is not None and given.type == "identifier" else given.named_children if given else []
            ):
                self.visit(child(one, "type"))
                self.visit(child(one, "value"), ("assigned",))
                told = value_of(child(one, "type"), self.scope)
                self._bound(child(one, "pattern") or child(one, "left") or one, first if i == 0 and told == NOTHING else told)
            self.visit(child(node, "return_type"))
            body = child(node, "body")
            self.visit(body, ("return",) if body is not None and body.type != "statement_block" else OTHER)

    def on_class_declaration(self, node: Node, result: Result) -> None:
        from orchestrator.verbs.semantic.ecmascript_definitions import bases

        name = said(child(node, "name"))
        for chain in bases(node, self.scope):
            self.use(chain, UseKind.subclass, node)
        for one in node.named_children:
            if one.type == "decorator":
                self.visit(one)
        with self.inside(name, of_class=name, local=False):
            self.visit(child(node, "body"))

    on_abstract_class_declaration = on_class_declaration
    on_class = on_class_declaration
    on_interface_declaration = on_class_declaration


def _compared(operator: str, other: Node | None) -> str:
    kind = other.type if other is not None else ""
    if operator in EQUAL:
        if kind in {"null", "undefined"} or said(other) == "undefined":
            return "none"
        return {"number": "equal:int", "string": "equal:str", "true": "equal:bool", "false": "equal:bool"}.get(kind, "other")
    if operator in {"&&", "||", "??"}:
        return "truth"
    return "number" if operator in COMPARING or operator in COUNTING else "other"


def _shape(node: Node) -> Call:
    given = child(node, "arguments")
    arguments = (
        [one for one in given.named_children if one.type != "comment"] if given is not None and given.type == "arguments" else []
    )
    places = [one for one in arguments if one.type != "spread_element"]
    return Call(places=len(places), stars=len(places) < len(arguments))
