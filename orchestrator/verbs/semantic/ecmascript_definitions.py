"""What a JavaScript or TypeScript file defines: functions, classes with their members, interfaces, enums, constants, objects."""

from __future__ import annotations

from collections.abc import Iterator

from tree_sitter import Node

from orchestrator.nouns.code import CALLED, Chain, Definition, DefinitionKind, Parameter, ParameterKind, Trait
from orchestrator.verbs.semantic.ecmascript_types import value_of, written
from orchestrator.verbs.semantic.ecmascript_uses import meaning
from orchestrator.verbs.semantic.scope import Scope, known
from orchestrator.verbs.semantic.walking import CONSTRUCTOR, child, digest, line_of, literal, text_of
from orchestrator.verbs.symbols.ecmascript import CLASSES, FUNCTION_VALUES, FUNCTIONS, METHODS
from orchestrator.verbs.symbols.found import one_line
from orchestrator.verbs.symbols.syntax import declarations, said

VARIABLES = frozenset({"lexical_declaration", "variable_declaration"})
FIELDS = frozenset({"public_field_definition", "field_definition", "property_signature"})
SIGNATURE_LIMIT = 160


def definitions(root: Node) -> Iterator[Definition]:
    """What stands at the top, exported or not, and ``exports.x = …``."""
    scope = Scope()
    for node in declarations(root):
        one = _unwrapped(node)
        if one is not None:
            yield from _defined(one, scope, "default" if _is_default(node) else "")


def _unwrapped(node: Node) -> Node | None:
    if node.type == "export_statement":
        return child(node, "declaration") or child(node, "value")
    if node.type == "ambient_declaration":
        return node.named_children[0] if node.named_children else None
    return node


def _is_default(node: Node) -> bool:
    return any(c.type == "default" for c in node.children)


def _defined(node: Node, scope: Scope, unnamed: str) -> Iterator[Definition]:
    name = said(child(node, "name")) or unnamed
    if node.type in FUNCTIONS or (node.type in FUNCTION_VALUES and name):
        yield function(node, name, scope, DefinitionKind.function)
    elif (node.type in CLASSES or node.type == "interface_declaration") and name:
        yield from _class(node, name, scope)
    elif node.type == "enum_declaration":
        yield from _enum(node, name)
    elif node.type == "type_alias_declaration":
        yield from _alias(node, name, scope)
    elif node.type in VARIABLES:
        for one in node.named_children:
            if one.type == "variable_declarator":
                yield from _variable(one, scope)
    elif node.type == "expression_statement":
        yield from _exported_value(node, scope)


def _exported_value(node: Node, scope: Scope) -> Iterator[Definition]:
    """``exports.x = …`` and ``module.exports.x = …``."""
    one = node.named_children[0] if node.named_children else None
    left, value = said(child(one, "left")), child(one, "right")
    if one is None or one.type != "assignment_expression" or value is None:
        return
    if left.startswith(("exports.", "module.exports.")):
        yield from _held(left.rpartition(".")[2], value, one, scope)
    elif left == "module.exports" and value.type == "object":
        for pair in value.named_children:
            if pair.type == "method_definition":
                yield function(pair, said(child(pair, "name")), scope, DefinitionKind.function)
            elif pair.type == "pair" and (inner := child(pair, "value")) is not None and inner.type not in {"identifier"}:
                yield from _held(said(child(pair, "key")).strip("'\""), inner, pair, scope)


def _variable(node: Node, scope: Scope) -> Iterator[Definition]:
    name, value = child(node, "name"), child(node, "value")
    if name is not None and name.type == "identifier":
        yield from _held(said(name), value, node, scope)


def _held(name: str, value: Node | None, node: Node, scope: Scope) -> Iterator[Definition]:
    """What a name holds: a function, a class, an object with members, or something else."""
    if value is not None and value.type in FUNCTION_VALUES:
        yield function(value, name, scope, DefinitionKind.function)
    elif value is not None and value.type in CLASSES:
        yield from _class(value, name, scope)
    elif value is not None and _object(value) is not None:
        yield from _members_of_object(name, _object(value) or value, scope)
    else:
        yield _plain(name, DefinitionKind.variable, node, scope)


def _object(value: Node) -> Node | None:
    """The object in ``{…} as const`` too; one without members is a value like any other."""
    while value.type in {"as_expression", "satisfies_expression", "parenthesized_expression"} and value.named_children:
        value = value.named_children[0]
    return value if value.type == "object" and value.named_children else None


def _members_of_object(name: str, value: Node, scope: Scope) -> Iterator[Definition]:
    open_ended = any(
        one.type == "spread_element" or "computed" in "".join(c.type for c in one.children) for one in value.named_children
    )
    traits = frozenset({Trait.dynamic}) if open_ended else frozenset[Trait]()
    yield Definition(
        name, DefinitionKind.cls, line_of(value), f"const {name} = {{…}}", value=(name,), traits=traits, digest=digest(value, name)
    )
    for one in value.named_children:
        own = f"{name}.{said(child(one, 'key') or child(one, 'name') or one).strip(chr(39) + chr(34))}"
        inner = child(one, "value")
        if one.type == "method_definition" or (inner is not None and inner.type in FUNCTION_VALUES):
            made = function(inner if one.type == "pair" and inner is not None else one, own, scope, DefinitionKind.method)
            yield made._replace(traits=made.traits | {Trait.static})
        elif one.type in {"pair", "shorthand_property_identifier"}:
            yield _plain(own, DefinitionKind.field, one, scope)


def function(node: Node, name: str, scope: Scope, kind: DefinitionKind) -> Definition:
    words = {c.type for c in node.children}
    returns = child(node, "return_type")
    traits = {
        trait
        for word, trait in (("async", Trait.asynchronous), ("static", Trait.static), ("get", Trait.getter), ("*", Trait.generator))
        if word in words
    }
    if node.type.startswith("generator"):
        traits.add(Trait.generator)
    if node.type in {"abstract_method_signature", "method_signature"} and "?" not in words:
        traits.add(Trait.abstract)
    if node.type == "function_signature":
        traits.add(Trait.overloaded)
    value = value_of(returns, scope)
    if text_of(returns).startswith(": Promise<"):
        traits.add(Trait.asynchronous)
    return Definition(
        name=name,
        kind=kind,
        line=line_of(node),
        signature=_signature(node, name),
        parameters=tuple(_parameters(child(node, "parameters") or child(node, "parameter"))),
        returns=written(returns),
        value=value if known(value) else (),
        traits=frozenset(traits),
        digest=digest(node, name),
    )


def _signature(node: Node, name: str) -> str:
    body = child(node, "body")
    end = body.start_byte if body is not None else node.end_byte
    head = (node.text or b"")[: end - node.start_byte].decode("utf-8", "replace")
    head = " ".join(head.split()).rstrip("{;= ").removesuffix("=>").strip()
    short = name.rpartition(".")[2]
    return one_line(head if short in head else f"{short} = {head}", SIGNATURE_LIMIT)


def _parameters(node: Node | None) -> Iterator[Parameter]:
    if node is None:
        return
    for one in [node] if node.type == "identifier" else node.named_children:
        pattern = child(one, "pattern") or child(one, "left") or one
        if pattern.type in {"this", "comment", "decorator"}:
            continue
        rest = pattern.type == "rest_pattern"
        required = one.type not in {"optional_parameter", "assignment_pattern"} and child(one, "value") is None and not rest
        name = said(pattern).lstrip(".") if pattern.type in {"identifier", "rest_pattern"} else "{…}"
        yield Parameter(name, ParameterKind.rest if rest else ParameterKind.positional, required, written(child(one, "type")))


def _class(node: Node, name: str, scope: Scope) -> Iterator[Definition]:
    interface = node.type == "interface_declaration"
    traits = {Trait.interface} if interface else set()
    inner = Scope(outer=scope, of_class=name)
    body = child(node, "body")
    members = [m for one in (body.named_children if body is not None else []) for m in _member(one, name, inner)]
    names = {m.name for m in members}
    members += [m for m in _assigned(body, name, inner) if m.name not in names]
    if any(one.type == "index_signature" for one in (body.named_children if body is not None else [])):
        traits.add(Trait.dynamic)
    yield Definition(
        name=name,
        kind=DefinitionKind.cls,
        line=line_of(node),
        signature=_signature(node, name),
        value=(name, CALLED),
        bases=tuple(bases(node, scope)),
        traits=frozenset(traits),
        digest=digest(node, name),
    )
    yield from members


def bases(node: Node, scope: Scope) -> Iterator[Chain]:
    """What a class or interface extends, then what it implements."""
    clauses = [c for one in node.named_children for c in ([one, *one.named_children] if one.type == "class_heritage" else [one])]
    for clause in clauses:
        if clause.type in {"extends_clause", "implements_clause", "extends_type_clause"}:
            for one in clause.named_children:
                if one.type != "type_arguments":
                    yield meaning(child(one, "name") if one.type == "generic_type" else one, scope)
        elif (
            clause.type in {"identifier", "member_expression"} and clause.parent is not None and clause.parent.type == "class_heritage"
        ):
            yield meaning(clause, scope)


def _member(node: Node, owner: str, scope: Scope) -> Iterator[Definition]:
    short = said(child(node, "name") or child(node, "property"))
    if not short or not short.replace("$", "_").lstrip("#").isidentifier() or any(c.type == "set" for c in node.children):
        return
    name = f"{owner}.{CONSTRUCTOR if short == 'constructor' else short}"
    value = child(node, "value")
    if node.type in METHODS:
        yield function(node, name, scope, DefinitionKind.method)
        if short == "constructor":
            yield from _parameter_fields(node, owner, scope)
    elif node.type in FIELDS and value is not None and value.type in FUNCTION_VALUES:
        yield function(value, name, scope, DefinitionKind.method)
    elif node.type in FIELDS:
        yield _plain(name, DefinitionKind.field, node, scope)


def _parameter_fields(node: Node, owner: str, scope: Scope) -> Iterator[Definition]:
    """``constructor(private shop: Shop)`` makes the field ``shop``."""
    given = child(node, "parameters")
    for one in given.named_children if given is not None else []:
        if any(c.type in {"accessibility_modifier", "readonly"} for c in one.children):
            yield _plain(f"{owner}.{said(child(one, 'pattern'))}", DefinitionKind.field, one, scope)


def _assigned(body: Node | None, owner: str, scope: Scope) -> Iterator[Definition]:
    """Fields that come from ``this.x = …``."""
    seen: set[str] = set()
    nodes = list(body.named_children) if body is not None else []
    for node in nodes:  # grows while it is walked
        nodes.extend(node.named_children)
        left = child(node, "left") if node.type == "assignment_expression" else None
        if left is not None and said(child(left, "object")) == "this" and (short := said(child(left, "property"))) not in seen:
            seen.add(short)
            held = meaning(child(node, "right"), scope)
            yield Definition(
                f"{owner}.{short}", DefinitionKind.field, line_of(node), one_line(text_of(node), 120), value=held if known(held) else ()
            )


def _plain(name: str, kind: DefinitionKind, node: Node, scope: Scope) -> Definition:
    kind_of, value = child(node, "type"), child(node, "value")
    told = value_of(kind_of, scope)
    if not known(told) and value is not None:
        told = meaning(value, scope)
    short = text_of(value) if value is not None and value.type in {"number", "string", "true", "false"} else ""
    required = node.type == "property_signature" and not any(c.type == "?" for c in node.children)
    return Definition(
        name=name,
        kind=kind,
        line=line_of(node),
        signature=one_line(text_of(node), 120),
        returns=written(kind_of),
        value=told if known(told) else (),
        traits=frozenset({Trait.abstract}) if required else frozenset(),
        literal=short[:60],
    )


def _enum(node: Node, name: str) -> Iterator[Definition]:
    yield Definition(
        name,
        DefinitionKind.cls,
        line_of(node),
        f"enum {name}",
        value=(name, CALLED),
        traits=frozenset({Trait.enum}),
        digest=digest(node, name),
    )
    body = child(node, "body")
    for one in body.named_children if body is not None else []:
        member = said(child(one, "name") or one).strip("'\"")
        yield Definition(f"{name}.{member}", DefinitionKind.member, line_of(one), text_of(one), literal=literal(child(one, "value")))


def _alias(node: Node, name: str, scope: Scope) -> Iterator[Definition]:
    """A type; that of an object has members like an interface."""
    value = child(node, "value")
    members = list(value.named_children) if value is not None and value.type == "object_type" else []
    shape = one_line(text_of(node).rstrip(";"), SIGNATURE_LIMIT)
    kind = DefinitionKind.cls if members else DefinitionKind.variable
    traits = frozenset({Trait.interface} if members else ())
    yield Definition(
        name, kind, line_of(node), shape, value=(name, CALLED) if members else (), traits=traits, digest=digest(node, name)
    )
    for one in members:
        yield from _member(one, name, scope)
