"""Public symbols of Python files: names, one-line signatures, descriptions."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from orchestrator.nouns.interface import Symbol, SymbolKind
from orchestrator.verbs.symbols import public_symbols


def found(source: str, path: str = "src/accounts.py") -> dict[str, Symbol]:
    return {s.name: s for s in public_symbols(path, source.encode())}


def signature(source: str, name: str) -> str:
    return found(source)[name].signature


def test_a_function_tells_its_signature_line_and_first_docstring_line() -> None:
    source = (
        '\n\ndef login(name: str, tries: int = 3, *rest: str, force: bool = False) -> "Account":\n    """Log a user in.\n\n    More."""'
    )
    symbol = found(source)["login"]
    assert symbol.signature == "def login(name: str, tries: int=3, *rest: str, force: bool=False) -> 'Account'"
    assert (symbol.kind, symbol.file, symbol.line, symbol.description) == (
        SymbolKind.function,
        "src/accounts.py",
        3,
        "Log a user in.",
    )


def test_async_functions_say_so() -> None:
    assert signature("async def fetch(url): ...", "fetch") == "async def fetch(url)"


def test_names_with_an_underscore_are_private() -> None:
    source = "def _a(): ...\n_B = 1\nclass _C:\n    def m(self): ...\nclass D:\n    def _e(self): ...\n    def __init__(self): ...\n"
    assert list(found(source)) == ["D"]


def test_methods_are_named_by_their_class_and_keep_the_decorators_that_matter() -> None:
    source = """
class Account(Base):
    @property
    def balance(self) -> int: ...
    @balance.setter
    def balance(self, value: int) -> None: ...
    @classmethod
    def of(cls, name: str) -> "Account": ...
    @staticmethod
    @lru_cache
    def check(name): ...
"""
    assert {name: s.signature for name, s in found(source).items()} == {
        "Account": "class Account(Base)",
        "Account.balance": "@property def balance(self) -> int",
        "Account.of": "@classmethod def of(cls, name: str) -> 'Account'",
        "Account.check": "@staticmethod def check(name)",
    }
    assert found(source)["Account.balance"].kind is SymbolKind.method


def test_a_class_says_how_it_is_made() -> None:
    assert signature("class A:\n    def __init__(self, x: int, y=2): ...", "A") == "class A: __init__(x: int, y=2)"
    assert signature("class A:\n    def __init__(self): ...", "A") == "class A: __init__()"
    assert signature("class A(B):\n    def m(self): ...", "A") == "class A(B)"


def test_a_dataclass_shows_its_fields_as_its_constructor() -> None:
    source = """
@dataclass(frozen=True, kw_only=True)
class Order:
    id: int
    items: list[str] = field(default_factory=list)
    note: str = ""
    total: int = field(init=False)
    table: ClassVar[str] = "orders"
"""
    assert signature(source, "Order") == ("@dataclass class Order: __init__(*, id: int, items: list[str] = ..., note: str = '')")


def test_a_model_shows_its_fields_and_an_enum_its_members() -> None:
    assert signature("class A(BaseModel):\n    x: int = Field(default=3, ge=0)\n    y: str = Field(...)", "A") == (
        "class A(BaseModel): __init__(x: int = 3, y: str)"
    )
    assert signature("class Job(Noun):\n    id: str\n    state: State = State.idle", "Job") == (
        "class Job(Noun): id: str, state: State = State.idle"
    )
    assert signature("class State(StrEnum):\n    idle = 'idle'\n    busy = 'busy'", "State") == "class State(StrEnum): idle, busy"


def test_constants_and_type_aliases() -> None:
    source = """
LIMIT: int = 5
'''How many.'''
TABLE = {n: n * n for n in range(1000) if n % 7 == 3 and n % 11 != 5 or n == 0}
Event = Started | Said
Names: TypeAlias = "list[str]"
UserId = NewType("UserId", int)
router = Router()
"""
    assert {n: s.signature for n, s in found(source).items()} == {
        "LIMIT": "LIMIT: int = 5",
        "TABLE": "TABLE = ...",
        "Event": "Event = Started | Said",
        "Names": "Names = 'list[str]'",
        "UserId": "UserId = NewType('UserId', int)",
    }
    assert found(source)["LIMIT"].description == "How many."
    assert found(source)["Event"].kind is SymbolKind.type


def test_the_value_of_a_secret_is_not_shown() -> None:
    assert signature("API_TOKEN = 'sk-123'", "API_TOKEN") == "API_TOKEN = ..."


def test_a_literal_dunder_all_is_honoured() -> None:
    listed = "__all__ = ['a', 'router', '_c']\n__all__ += ('D',)\n"
    source = listed + "def a(): ...\ndef b(): ...\ndef _c(): ...\nrouter = R()\nclass D: ...\nE = 1"
    assert list(found(source)) == ["a", "_c", "router", "D"]


def test_a_computed_dunder_all_is_not() -> None:
    assert list(found("__all__ = [n for n in x]\ndef a(): ...\ndef _b(): ...")) == ["a"]
    assert list(found("__all__ = ['a']\n__all__.extend(more)\ndef a(): ...\ndef b(): ...")) == ["a", "b"]


def test_definitions_inside_if_and_try_count_but_not_those_of_a_script() -> None:
    source = "if TYPE_CHECKING:\n    A = 1\ntry:\n    def f(): ...\nexcept ImportError:\n    def f(): ...\n"
    source += "if __name__ == '__main__':\n    B = 2"
    assert list(found(source)) == ["A", "f"]


def test_overloads_are_one_symbol_without_the_implementation() -> None:
    source = "@overload\ndef f(x: int) -> int: ...\n@overload\ndef f(x: str) -> str: ...\ndef f(x): ..."
    assert signature(source, "f") == "@overload def f(x: int) -> int; @overload def f(x: str) -> str"


def test_long_defaults_and_signatures_are_cut_to_one_line() -> None:
    long = "x" * 100
    assert signature(f"def f(a='{long}', b=1): ...", "f") == "def f(a=..., b=1)"
    arguments = ", ".join(f"argument_{n}: int" for n in range(100))
    cut = signature(f"def f({arguments}): ...", "f")
    assert len(cut) == 300
    assert cut.endswith("…")
    assert "\n" not in signature("def f(a='''x\ny'''): ...", "f")


def test_what_does_not_parse_gives_nothing() -> None:
    for source in ("def f(:", "class", "\x00", "(" * 5000, "def f():\n\treturn\n        x", "x = " + "-" * 50_000 + "1"):
        assert found(source) == {}


def test_other_encodings_are_read() -> None:
    source = "# -*- coding: latin-1 -*-\ndef gr\xfc\xdfe(): ...".encode("latin-1")
    assert [s.name for s in public_symbols("a.py", source)] == ["gr\xfc\xdfe"]
    assert [s.name for s in public_symbols("a.py", b"\xef\xbb\xbfdef f(): ...\r\n")] == ["f"]


@given(st.binary(max_size=300))
@settings(max_examples=60, deadline=None)
def test_no_bytes_make_it_raise(text: bytes) -> None:
    for suffix in ("py", "ts", "tsx", "js", "go", "rs", "java"):
        public_symbols(f"a.{suffix}", text)


def test_type_variables_are_no_interface() -> None:
    source = 'import typing as t\nP = ParamSpec("P")\nR = TypeVar("R")\nTs = t.TypeVarTuple("Ts")\nK = 1\n'
    assert list(found(source)) == ["K"]
    assert list(found('T = TypeVar("T")\n__all__ = ["T"]\n')) == ["T"], "unless it is offered by name"
