"""Code: what a source file defines, imports and uses, in terms that hold for every language.

The facts of one file are read from its text alone. What a name of it means in another file is found when files are linked, so that
facts can be kept for as long as the text is the same. They are named tuples and no models: a file has thousands of them.

A *chain* says what an expression means, beginning with a name that the file binds at its top (or a builtin one), one step for each
thing done to it. ``Cart.empty(shop).items[0].price`` is ``("Cart", "empty", "()", "items", "[]", "price")``. A local variable, a
parameter or a field is replaced by what is known of it: with ``x: Cart`` and with ``x = Cart()``, ``x.add`` is ``("Cart", "()",
"add")``; ``self.add`` in a method of ``Cart`` the same. What is not known begins with ``?`` and the name it had: ``("?x", "add")``.
"""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple

Chain = tuple[str, ...]

CALLED = "()"  # the value that calling it gives; of a class: an instance
ELEMENT = "[]"  # an element of it
AWAITED = "await"
SUPER = "super"  # the bases of the class before it
ENTERED = "with"  # what a ``with`` binds
EACH = "each"  # a collection of the thing before it: ``list[Cart]`` is ``("Cart", "()", "each")``
BY_KEY = "by"  # a mapping to it
ABSOLUTE = "@"  # how the first step begins when it is a module's name and not a name of the file: in a string
UNKNOWN = "?"  # how the first step of an unknown thing begins


class DefinitionKind(StrEnum):
    """What is defined."""

    function = "function"
    method = "method"
    cls = "class"  # struct, interface, trait and enum as well
    field = "field"  # of a class: a dataclass field, a class attribute, what a method assigns to ``self``
    member = "member"  # of an enum
    variable = "variable"  # of a module: constant, global, type alias


class Trait(StrEnum):
    """What is special about a definition."""

    asynchronous = "async"
    generator = "generator"
    abstract = "abstract"  # whoever implements the class has to define it
    static = "static"
    of_class = "of_class"  # a class method: bound to the class
    getter = "getter"  # a property: read like a field, never called
    overloaded = "overloaded"  # has several signatures; ``parameters`` are those of one of them
    enum = "enum"
    interface = "interface"  # protocol, interface, trait: nothing is inherited from it but duties
    record = "record"  # its constructor takes its fields
    dynamic = "dynamic"  # may have members that are not written down
    private = "private"  # nobody outside its file can use it
    conditional = "conditional"  # inside of an ``if`` or ``try``
    stub = "stub"  # says only that it is not implemented


class ParameterKind(StrEnum):
    """How an argument reaches a parameter."""

    positional = "positional"  # by place only
    either = "either"
    keyword = "keyword"  # by name only
    rest = "rest"  # ``*args``: any further ones by place
    options = "options"  # ``**kwargs``: any further ones by name


class Parameter(NamedTuple):
    """One parameter. ``self`` is not among them, in no language."""

    name: str
    kind: ParameterKind = ParameterKind.either
    required: bool = True
    annotation: str = ""  # as written


class Definition(NamedTuple):
    """One thing that a file defines. ``name`` is qualified inside the file: ``Cart``, ``Cart.add``."""

    name: str
    kind: DefinitionKind
    line: int  # 1-based
    signature: str  # one line, as a reader knows it
    parameters: tuple[Parameter, ...] | None = None  # None: not called, or not known how
    returns: str = ""  # the annotation as written; empty: none
    results: tuple[str, ...] = ()  # what it is seen to return, sorted: ``None``, ``tuple:2``, ``list``, ``dict``, ``str`` …, ``?``
    elements: tuple[str, ...] = ()  # the same of each element, if it gives a collection
    entries: tuple[
        str, ...
    ] = ()  # keys of the dictionary that it holds or gives, or of those it gives a collection of, if all are known
    value: Chain = ()  # what a variable or field holds, what a call gives; of a type: ``("Cart", "()")``
    raises: tuple[Chain, ...] = ()  # by its own statements
    documented: tuple[str, ...] = ()  # names of exceptions that its description names
    bases: tuple[Chain, ...] = ()
    decorators: tuple[Chain, ...] = ()
    traits: frozenset[Trait] = frozenset()
    literal: str = ""  # of a member or constant: its value as written, if it is short
    digest: str = ""  # of its text without its own name: the same after a rename or a move


class Import(NamedTuple):
    """One name that a file gets from another one."""

    name: str  # as bound here; ``*``: all of them; empty: for its effects
    module: str  # as written (``shop.cart``, ``./cart``), relative ones of Python with their dots
    symbol: str = ""  # in that module; empty: the module itself
    line: int = 0
    guarded: bool = False  # fails silently: in a ``try`` that catches it
    typing_only: bool = False  # never at run time
    scope: str = ""  # definition it stands in; empty: the file
    exported: bool = False  # offered on: ``export … from``, ``pub use``; in Python every import of a module's top is


class UseKind(StrEnum):
    """What is done with what a chain means."""

    read = "read"
    call = "call"
    assign = "assign"
    subclass = "subclass"
    decorate = "decorate"
    catch = "catch"
    annotate = "annotate"
    named = "named"  # in a string: a target to patch, a dotted path
    cover = "cover"  # all members of an enum are enumerated: ``covered`` names them


class Call(NamedTuple):
    """The arguments of a call. ``stars``: there may be more by place; ``options``: by name; ``partial``: fewer than it takes."""

    places: int = 0
    keywords: tuple[str, ...] = ()
    stars: bool = False
    options: bool = False
    partial: bool = False
    kinds: tuple[str, ...] = ()  # what is given by place, then by name: ``str`` …; ``?``: not known


class Use(NamedTuple):
    """One place at which a file uses something that a chain means.

    ``result`` says what is done with its value: ``await``, ``unpack:2``, ``iterate``, ``index``, ``key:name``, ``attribute:name``,
    ``none`` (compared with it), ``truth``, ``number`` (calculated with), ``string``, ``length``, ``call``, ``with``, ``return``,
    ``argument``, ``assigned``, ``equal:kind`` (compared with a literal of that kind), ``other``.
    """

    chain: Chain
    kind: UseKind
    line: int
    scope: str = ""  # definition it stands in
    call: Call | None = None
    result: tuple[str, ...] = ()  # nothing: it is dropped
    guarded: bool = False  # it is allowed to fail: ``hasattr``, ``getattr`` with a default, a ``try`` that catches it
    caught: tuple[Chain, ...] = ()  # exceptions that the ``try`` around it catches
    covered: tuple[str, ...] = ()


class KeyKind(StrEnum):
    """What has to be there once only."""

    route = "route"
    migration = "migration"  # its number or revision
    parent = "parent"  # the revision that a migration follows: two that follow one make two heads
    setting = "setting"  # a key of a configuration
    command = "command"
    entry = "entry"  # of a table in code: a dictionary's key, a registered name


class Key(NamedTuple):
    """One name that may be taken once in its space."""

    kind: KeyKind
    space: str  # the file, folder or object in which it is to be unique
    name: str
    line: int
    value: str = ""  # what stands behind it, if that is short: two that say the same do not collide


class FileFacts(NamedTuple):
    """What one file says. ``whole`` is False when a part did not parse: what is missing then is not known to be gone."""

    path: str
    language: str
    whole: bool = True
    package: str = ""  # as the file says it itself (Go, Java); empty: its place says it
    definitions: tuple[Definition, ...] = ()  # in order; a name may come twice
    imports: tuple[Import, ...] = ()
    uses: tuple[Use, ...] = ()
    keys: tuple[Key, ...] = ()
    offered: tuple[str, ...] | None = None  # ``__all__``; None: not said
    dynamic: bool = False  # may have names that are not written down
