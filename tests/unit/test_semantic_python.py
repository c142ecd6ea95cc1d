"""Semantic conflicts of Python branches: a table of two changes of one small shop, and what is wrong with both together."""

from __future__ import annotations

from pathlib import Path

import pytest

from orchestrator.nouns.conflict import Cause
from tests.semantic_cases import Files, collisions

SHOP: Files = {
    "src/shop/__init__.py": """
        from .cart import Cart, total
        from shop.errors import ShopError
    """,
    "src/shop/cart.py": """
        from dataclasses import dataclass, field

        from shop.errors import Empty
        from shop.money import round_up

        LIMIT = 10


        @dataclass
        class Line:
            sku: str
            price: int
            count: int = 1


        class Cart:
            def __init__(self, owner: str):
                self.owner = owner
                self.lines: list[Line] = []

            def add(self, line: Line, note: str = "") -> None:
                self.lines.append(line)

            def subtotal(self) -> int:
                return sum(line.price * line.count for line in self.lines)

            @property
            def size(self) -> int:
                return len(self.lines)

            @staticmethod
            def parse(text):
                return Cart(text)


        def total(cart: Cart, tax: int = 0) -> int:
            if not cart.lines:
                raise Empty("nothing in it")
            return round_up(cart.subtotal() + tax)


        def bounds(cart):
            return 0, cart.size
    """,
    "src/shop/money.py": """
        def round_up(amount: float, step: int = 1) -> int:
            return -(-int(amount) // step) * step


        def convert(amount, source, target):
            return amount


        def find_rate(name: str) -> int:
            return 3


        def rates() -> list:
            return [1, 2]
    """,
    "src/shop/errors.py": """
        class ShopError(Exception):
            pass


        class Empty(ShopError):
            pass
    """,
    "src/shop/base.py": """
        from abc import ABC, abstractmethod
        from enum import Enum


        class State(Enum):
            NEW = 1
            PAID = 2


        class Exporter(ABC):
            @abstractmethod
            def write(self, cart, target):
                ...

            def begin(self, cart):
                pass

            def run(self, cart, target):
                self.begin(cart)
                return self.write(cart, target)
    """,
    "src/shop/app.py": """
        from flask import Flask

        app = Flask(__name__)
        HANDLERS = {
            "list": list,
            "other": int,
        }


        @app.get("/carts")
        def carts():
            return []


        def padding():
            return 1


        @app.get("/last")
        def last():
            return 0
    """,
    "tests/test_cart.py": """
        from shop import Cart


        def test_owner():
            assert Cart("me").owner == "me"
    """,
}


def changed(path: str, *replacements: tuple[str, str]) -> Files:
    """The file with some of its text replaced."""
    text = SHOP[path] or ""
    for old, new in replacements:
        assert old in text, old
        text = text.replace(old, new)
    return {path: text}


def cart(*replacements: tuple[str, str]) -> Files:
    return changed("src/shop/cart.py", *replacements)


def money(*replacements: tuple[str, str]) -> Files:
    return changed("src/shop/money.py", *replacements)


def base(*replacements: tuple[str, str]) -> Files:
    return changed("src/shop/base.py", *replacements)


def new(text: str, path: str = "src/shop/report.py") -> Files:
    return {path: text}


USES_TOTAL = new("from shop.cart import total\ndef report(cart): return total(cart, 2)\n")
NO_TOTAL = cart(("def total(cart: Cart, tax: int = 0)", "def grand_total(cart: Cart, tax: int = 0)"))
NO_TOTAL_AT_ALL = {**NO_TOTAL, "src/shop/__init__.py": "from .cart import Cart, grand_total\n"}
INHERITS = new("from shop.base import Exporter\nclass Csv(Exporter):\n    def write(self, cart, target):\n        return 1\n")

CONFLICTS: list[tuple[str, Files, Files, Cause]] = [
    ("a function that is imported has another name", NO_TOTAL_AT_ALL, USES_TOTAL, Cause.renamed),
    ("it is imported by way of the package", NO_TOTAL_AT_ALL, new("from shop import total as t\nx = t(1)\n"), Cause.renamed),
    ("it is reached through the module", NO_TOTAL_AT_ALL, new("import shop.cart as c\ndef f(x): return c.total(x)\n"), Cause.renamed),
    ("it is reached by its whole path", NO_TOTAL_AT_ALL, new("import shop.cart\ndef f(x): return shop.cart.total(x)\n"), Cause.renamed),
    ("a relative import", NO_TOTAL_AT_ALL, new("from .cart import total\n"), Cause.renamed),
    ("from . import module", NO_TOTAL_AT_ALL, new("from . import cart\ndef f(x): return cart.total(x)\n"), Cause.renamed),
    ("a star import", NO_TOTAL_AT_ALL, new("from shop.cart import *\ndef f(x): return total(x)\n"), Cause.renamed),
    (
        "a name that a test patches",
        NO_TOTAL_AT_ALL,
        new("def test(mocker): mocker.patch('shop.cart.total')\n", "tests/test_r.py"),
        Cause.renamed,
    ),
    (
        "an import in a function",
        NO_TOTAL_AT_ALL,
        new("def f(c):\n    from shop.cart import total\n    return total(c)\n"),
        Cause.renamed,
    ),
    (
        "a function is gone",
        money(("def rates() -> list:\n            return [1, 2]", "")),
        new("from shop.money import rates\n"),
        Cause.removed,
    ),
    (
        "a constant is gone",
        cart(("        LIMIT = 10\n", "")),
        new("from shop import cart\ndef full(c): return c.size > cart.LIMIT\n"),
        Cause.removed,
    ),
    (
        "a function moved to another file",
        {
            **money(("        def convert(amount, source, target):\n            return amount\n", "")),
            "src/shop/exchange.py": "def convert(amount, source, target):\n    return amount\n",
        },
        new("from shop.money import convert\ndef f(): return convert(1, 2, 3)\n"),
        Cause.moved,
    ),
    (
        "a module moved",
        {
            "src/shop/errors.py": None,
            "src/shop/problems.py": SHOP["src/shop/errors.py"],
            **cart(("shop.errors", "shop.problems")),
            "src/shop/__init__.py": "from shop.problems import ShopError\n",
        },
        new("from shop.errors import ShopError\nclass Mine(ShopError): pass\n"),
        Cause.moved,
    ),
    (
        "a method has another name",
        cart(("def subtotal", "def amount"), (".subtotal()", ".amount()")),
        new("from shop.cart import Cart\ndef f():\n    c = Cart('x')\n    return c.subtotal()\n"),
        Cause.renamed,
    ),
    (
        "of an annotated parameter",
        cart(("def subtotal", "def amount"), (".subtotal()", ".amount()")),
        new("from shop import Cart\ndef f(c: 'Cart | None'):\n    return c.subtotal() if c else 0\n"),
        Cause.renamed,
    ),
    (
        "of an element",
        cart(("def subtotal", "def amount"), (".subtotal()", ".amount()")),
        new("from shop import Cart\ndef f(carts: list[Cart]):\n    return [c.subtotal() for c in carts]\n"),
        Cause.renamed,
    ),
    (
        "of what a field holds",
        cart(("def subtotal", "def amount"), (".subtotal()", ".amount()")),
        new(
            "from shop import Cart\nclass Order:\n    def __init__(self):\n"
            "        self.cart = Cart('x')\n    def f(self): return self.cart.subtotal()\n"
        ),
        Cause.renamed,
    ),
    (
        "of an inherited method",
        cart(("def subtotal", "def amount"), (".subtotal()", ".amount()")),
        new("from shop import Cart\nclass Big(Cart):\n    def f(self): return self.subtotal() + super().subtotal()\n"),
        Cause.renamed,
    ),
    (
        "of a parameter that only its name tells",
        cart(("def subtotal", "def amount"), (".subtotal()", ".amount()")),
        new("def f(cart):\n    return cart.subtotal()\n"),
        Cause.renamed,
    ),
    (
        "a field has another name",
        cart(("sku: str", "code: str")),
        new("from shop.cart import Line\nx = Line(sku='a', price=1)\n"),
        Cause.signature,
    ),
    (
        "an attribute is read",
        cart(("self.lines", "self.rows"), ("cart.lines", "cart.rows")),
        new("from shop import Cart\ndef f(c: Cart): return len(c.lines)\n"),
        Cause.renamed,
    ),
    (
        "a required field more",
        cart(("price: int\n", "price: int\n            shop: str\n")),
        new("from shop.cart import Line\nx = Line('a', 1)\n"),
        Cause.signature,
    ),
    (
        "a required parameter more",
        cart(("def total(cart: Cart, tax: int = 0)", "def total(cart: Cart, tax: int)")),
        new("from shop import total\ndef f(c): return total(c)\n"),
        Cause.signature,
    ),
    (
        "a parameter has another name",
        cart(("tax: int = 0", "vat: int = 0"), ("+ tax", "+ vat")),
        new("from shop import total\ndef f(c): return total(c, tax=3)\n"),
        Cause.signature,
    ),
    ("a parameter is gone", cart((", tax: int = 0", ""), (" + tax", "")), USES_TOTAL, Cause.signature),
    ("only by name now", cart(("cart: Cart, tax: int", "cart: Cart, *, tax: int")), USES_TOTAL, Cause.signature),
    (
        "another order",
        money(("amount, source, target", "amount, target, source")),
        new("from shop.money import convert\nx = convert(1, 'EUR', 'USD')\n"),
        Cause.signature,
    ),
    (
        "a constructor asks for more",
        cart(
            ("owner: str)", "owner: str, shop: str)"),
            ("Cart(text)", "Cart(text, '')"),
        ),
        new("from shop import Cart\ndef f(): return Cart('me')\n"),
        Cause.signature,
    ),
    (
        "by way of super",
        cart(("owner: str)", "owner: str, shop: str)"), ("Cart(text)", "Cart(text, '')")),
        new("from shop import Cart\nclass Big(Cart):\n    def __init__(self, o):\n        super().__init__(o)\n"),
        Cause.signature,
    ),
    (
        "by way of partial",
        cart(("tax: int = 0", "vat: int = 0"), ("+ tax", "+ vat")),
        new("from functools import partial\nfrom shop import total\nf = partial(total, tax=3)\n"),
        Cause.signature,
    ),
    (
        "async now",
        money(("def find_rate", "async def find_rate")),
        new("from shop.money import find_rate\nx = find_rate('a') + 1\n"),
        Cause.signature,
    ),
    (
        "a property now",
        cart(("            def subtotal", "            @property\n            def subtotal"), (".subtotal()", ".subtotal")),
        new("from shop import Cart\ndef f(c: Cart): return c.subtotal() + 1\n"),
        Cause.signature,
    ),
    (
        "a method now",
        cart(("            @property\n            def size", "            def size"), ("cart.size", "cart.size()")),
        new("from shop import Cart\ndef f(c: Cart): return c.size + 1\n"),
        Cause.signature,
    ),
    (
        "of an instance now",
        cart(("            @staticmethod\n            def parse(text):", "            def parse(self, text):")),
        new("from shop import Cart\nx = Cart.parse('a')\n"),
        Cause.signature,
    ),
    (
        "may give None",
        money(("def find_rate(name: str) -> int:", "def find_rate(name: str) -> int | None:")),
        new("from shop.money import find_rate\ndef f(): return find_rate('a') * 2\n"),
        Cause.returns,
    ),
    (
        "a tuple of another length",
        cart(("return 0, cart.size", "return 0, cart.size, 9")),
        new("from shop.cart import bounds\ndef f(c):\n    low, high = bounds(c)\n    return high\n"),
        Cause.returns,
    ),
    (
        "a generator for a list",
        money(("def rates() -> list:\n            return [1, 2]", "def rates():\n            yield 1")),
        new("from shop.money import rates\ndef f():\n    r = rates()\n    return r[0]\n"),
        Cause.returns,
    ),
    (
        "another type",
        money(("def rates() -> list:\n            return [1, 2]", "def rates() -> dict:\n            return {}")),
        new("from shop.money import rates\ndef f(): return rates()[0]\n"),
        Cause.returns,
    ),
    (
        "another exception",
        {**cart(("import Empty", "import ShopError"), ("raise Empty(", "raise ShopError("))},
        new(
            "from shop import total\nfrom shop.errors import Empty\ndef f(c):\n    try:\n"
            "        return total(c)\n    except Empty:\n        return 0\n"
        ),
        Cause.raises,
    ),
    (
        "an exception is of another kind",
        changed("src/shop/errors.py", ("class Empty(ShopError)", "class Empty(Exception)")),
        new(
            "from shop import total, ShopError\ndef f(c):\n    try:\n        return total(c)\n    except ShopError:\n        return 0\n"
        ),
        Cause.raises,
    ),
    (
        "a new duty",
        base(("            def begin", "            @abstractmethod\n            def close(self): ...\n\n            def begin")),
        INHERITS,
        Cause.contract,
    ),
    ("a duty has another name", base(("def write(", "def emit("), (".write(", ".emit(")), INHERITS, Cause.contract),
    (
        "an override does not fit",
        base(
            ("def write(self, cart, target)", "def write(self, cart, target, mode)"),
            ("self.write(cart, target)", "self.write(cart, target, 1)"),
        ),
        INHERITS,
        Cause.contract,
    ),
    (
        "an override that nobody calls",
        base(("def begin(", "def start("), ("self.begin(", "self.start(")),
        new(
            "from shop.base import Exporter\nclass Csv(Exporter):\n    def write(self, cart, target):\n"
            "        return 1\n    def begin(self, cart):\n        self.n = 0\n"
        ),
        Cause.renamed,
    ),
    (
        "an override that nobody asks for",
        cart(("def subtotal", "def amount"), (".subtotal()", ".amount()")),
        new("from shop import Cart\nclass Big(Cart):\n    def subtotal(self): return 1\n    def f(self): return self.subtotal()\n"),
        Cause.renamed,
    ),
    (
        "a member is gone",
        base(("            PAID = 2\n", "            SETTLED = 2\n")),
        new("from shop.base import State\nx = State.PAID\n"),
        Cause.renamed,
    ),
    (
        "a member more, and a table of all",
        base(("            PAID = 2\n", "            PAID = 2\n            LOST = 3\n")),
        new("from shop.base import State\nTEXT = {State.NEW: 'new', State.PAID: 'paid'}\n"),
        Cause.contract,
    ),
    (
        "a member more, and a match",
        base(("            PAID = 2\n", "            PAID = 2\n            LOST = 3\n")),
        new(
            "from typing import assert_never\nfrom shop.base import State\ndef f(s):\n    match s:\n"
            "        case State.NEW: return 1\n        case State.PAID: return 2\n"
            "        case _: assert_never(s)\n"
        ),
        Cause.contract,
    ),
    (
        "the same function twice",
        money(("        def round_up", "        def clip(x):\n            return x\n\n\n        def round_up")),
        money(("return [1, 2]", "return [1, 2]\n\n\n        def clip(x, y):\n            return y")),
        Cause.same_symbol,
    ),
    (
        "the same method twice",
        cart(("            def add(", "            def clear(self):\n                self.lines = []\n\n            def add(")),
        cart(
            (
                "                return Cart(text)\n",
                "                return Cart(text)\n\n            def clear(self, force):\n                del self.lines[:]\n",
            )
        ),
        Cause.same_symbol,
    ),
    (
        "the same test twice",
        changed(
            "tests/test_cart.py",
            ("        def test_owner", "        def test_add():\n            assert 1\n\n\n        def test_owner"),
        ),
        changed("tests/test_cart.py", ('== "me"', '== "me"\n\n\n        def test_add():\n            assert 2')),
        Cause.same_symbol,
    ),
    (
        "the same route",
        changed(
            "src/shop/app.py",
            (
                '        @app.get("/carts")',
                '        @app.get("/x")\n        def one():\n            return 1\n\n\n        @app.get("/carts")',
            ),
        ),
        changed(
            "src/shop/app.py",
            ("            return 0", '            return 0\n\n\n        @app.get("/x")\n        def two():\n            return 2'),
        ),
        Cause.same_route,
    ),
    (
        "the same route in two files",
        new("from shop.app import app\n@app.get('/x')\ndef one(): return 1\n", "src/shop/one.py"),
        new("from .app import app as web\n@web.get('/x')\ndef two(): return 1\n", "src/shop/two.py"),
        Cause.same_route,
    ),
    (
        "the same entry",
        changed("src/shop/app.py", ('            "list": list,\n', '            "x": str,\n            "list": list,\n')),
        changed("src/shop/app.py", ('            "other": int,\n', '            "other": int,\n            "x": bytes,\n')),
        Cause.same_key,
    ),
    (
        "the same migration number",
        new("def up(): pass\n", "migrations/0002_a.py"),
        new("def up(): return 1\n", "migrations/0002_b.py"),
        Cause.same_migration,
    ),
    (
        "two heads of migrations",
        new("revision = 'a'\ndown_revision = 'z'\n", "alembic/versions/a_x.py"),
        new("revision = 'b'\ndown_revision = 'z'\n", "alembic/versions/b_y.py"),
        Cause.same_migration,
    ),
    (
        "a builtin that the module defines now",
        money(("        def round_up", "        def max(x):\n            return x\n\n\n        def round_up")),
        money(("return [1, 2]", "return [1, 2]\n\n\n        def top(x, y):\n            return max(x, y)")),
        Cause.same_symbol,
    ),
    ("one module, two forms", new("A = 1\n", "src/shop/text.py"), new("B = 1\n", "src/shop/text/__init__.py"), Cause.same_symbol),
]

LOOK_ALIKES: list[tuple[str, Files, Files]] = [
    ("an optional parameter more", cart(("tax: int = 0)", "tax: int = 0, tip: int = 0)")), USES_TOTAL),
    (
        "any further options are taken",
        cart(("tax: int = 0)", "vat: int = 0, **options)")),
        new("from shop import total\ndef f(c): return total(c, tax=1)\n"),
    ),
    (
        "type hints",
        money(("amount, source, target", "amount: int, source: str, target: str")),
        new("from shop.money import convert\nx = convert(1, 'a', 'b')\n"),
    ),
    (
        "an alias is kept",
        {**NO_TOTAL, **cart(("def total(", "def grand_total("), ("def bounds", "total = grand_total\n\n\n        def bounds"))},
        USES_TOTAL,
    ),
    (
        "a shim is kept",
        cart(
            ("def total(", "def grand_total("),
            ("def bounds", "def total(*args, **kwargs):\n            return grand_total(*args, **kwargs)\n\n\n        def bounds"),
        ),
        USES_TOTAL,
    ),
    (
        "moved, and imported back",
        {
            **money(
                (
                    "        def convert(amount, source, target):\n            return amount\n",
                    "        from shop.exchange import convert\n",
                )
            ),
            "src/shop/exchange.py": "def convert(amount, source, target):\n    return amount\n",
        },
        new("from shop.money import convert\nx = convert(1, 2, 3)\n"),
    ),
    ("both adapted", NO_TOTAL_AT_ALL, {**new("from shop import Cart\n")}),
    ("both made the same change", NO_TOTAL_AT_ALL, {**NO_TOTAL_AT_ALL, **new("from shop.cart import grand_total\n")}),
    (
        "the same name of another module",
        NO_TOTAL_AT_ALL,
        {**new("def total(x): return x\n", "src/shop/sums.py"), **new("from shop.sums import total\nx = total(1)\n")},
    ),
    (
        "the same name of a standard module",
        money(("def rates() -> list:\n            return [1, 2]", "")),
        new("from other import rates\nx = rates()\n"),
    ),
    ("a local of that name", NO_TOTAL_AT_ALL, new("def f(xs):\n    total = 0\n    for x in xs: total += x\n    return total\n")),
    ("a parameter of that name", NO_TOTAL_AT_ALL, new("def f(total): return total(1)\n")),
    ("comments and strings", NO_TOTAL_AT_ALL, new('"""As total of shop.cart does."""\n# total(cart)\nx = "total of the cart"\n')),
    ("getattr with a default", NO_TOTAL_AT_ALL, new("import shop.cart as c\nf = getattr(c, 'total', None)\n")),
    ("hasattr", NO_TOTAL_AT_ALL, new("import shop.cart as c\ndef f(x):\n    if hasattr(c, 'total'):\n        return c.total(x)\n")),
    (
        "a fallback for the import",
        NO_TOTAL_AT_ALL,
        new("try:\n    from shop.cart import total\nexcept ImportError:\n    total = None\n"),
    ),
    (
        "for type checkers only",
        {**changed("src/shop/errors.py", ("class Empty", "class Gone")), **cart(("Empty", "Gone"))},
        new(
            "from __future__ import annotations\nfrom typing import TYPE_CHECKING\nif TYPE_CHECKING:\n"
            "    from shop.errors import Empty\ndef f(x: Empty): return x\n"
        ),
    ),
    (
        "another class has the method too",
        cart(("def subtotal", "def amount"), (".subtotal()", ".amount()")),
        new("class Bill:\n    def subtotal(self): return 1\ndef f(bill): return bill.subtotal()\n"),
    ),
    (
        "a private one, unseen",
        money(("        def convert", "        def _half(x):\n            return x\n\n\n        def convert")),
        new("def _half(x): return 2\ny = _half(1)\n"),
    ),
    (
        "a method of a new class",
        base(("            def begin", "            def close(self):\n                pass\n\n            def begin")),
        INHERITS,
    ),
    ("a base takes more, optionally", base(("def begin(self, cart)", "def begin(self, cart, depth=0)")), INHERITS),
    (
        "an exception that is still one",
        changed(
            "src/shop/errors.py",
            ("        class Empty(ShopError)", "        class Deep(ShopError):\n            pass\n\n\n        class Empty(Deep)"),
        ),
        new(
            "from shop import total, ShopError\ndef f(c):\n    try:\n        return total(c)\n    except ShopError:\n        return 0\n"
        ),
    ),
    (
        "a narrower exception",
        cart(
            ("raise Empty(", "raise Vacant("),
            ("import Empty", "import Empty, ShopError"),
            ("        LIMIT", "        class Vacant(Empty):\n            pass\n\n\n        LIMIT"),
        ),
        new(
            "from shop import total\nfrom shop.errors import Empty\ndef f(c):\n    try:\n"
            "        return total(c)\n    except Empty:\n        return 0\n"
        ),
    ),
    (
        "a member more, and a default",
        base(("            PAID = 2\n", "            PAID = 2\n            LOST = 3\n")),
        new(
            "from shop.base import State\ndef f(s):\n    match s:\n        case State.NEW: return 1\n"
            "        case State.PAID: return 2\n        case _: return 3\n"
        ),
    ),
    (
        "a member more, and a choice",
        base(("            PAID = 2\n", "            PAID = 2\n            LOST = 3\n")),
        new("from shop.base import State\nOPEN = {State.NEW}\n"),
    ),
    (
        "None that is looked for",
        money(("def find_rate(name: str) -> int:", "def find_rate(name: str) -> int | None:")),
        new("from shop.money import find_rate\ndef f():\n    r = find_rate('a')\n    if r is None: return 0\n    return r * 2\n"),
    ),
    (
        "a narrower result",
        money(("amount: float, step: int = 1) -> int", "amount: float, step: int = 1) -> bool")),
        new("from shop.money import round_up\nx = round_up(1) + 1\n"),
    ),
    (
        "async, and awaited",
        money(("def find_rate", "async def find_rate")),
        new("import asyncio\nfrom shop.money import find_rate\nx = asyncio.run(find_rate('a'))\n"),
    ),
    (
        "routes of two methods",
        new("from shop.app import app\n@app.get('/x')\ndef one(): return 1\n", "src/shop/one.py"),
        new("from shop.app import app\n@app.post('/x')\ndef two(): return 1\n", "src/shop/two.py"),
    ),
    (
        "routes of two prefixes",
        new("r = APIRouter(prefix='/a')\n@r.get('/x')\ndef one(): return 1\n", "src/shop/one.py"),
        new("r = APIRouter(prefix='/b')\n@r.get('/x')\ndef two(): return 1\n", "src/shop/two.py"),
    ),
    (
        "routes that tests ask for",
        new("def test_a(client): assert client.get('/x')\n", "tests/test_a.py"),
        new("def test_b(client): assert client.get('/x')\n", "tests/test_b.py"),
    ),
    (
        "migrations of two applications",
        new("def up(): pass\n", "a/migrations/0002_a.py"),
        new("def up(): return 1\n", "b/migrations/0002_b.py"),
    ),
    ("tables in two files", new("TABLE = {'x': 1}\n", "src/shop/one.py"), new("TABLE = {'x': 2}\n", "src/shop/two.py")),
    (
        "two methods of one name in two classes",
        cart(
            (
                "            count: int = 1\n",
                "            count: int = 1\n\n            def clear(self):\n                self.count = 0\n",
            )
        ),
        cart(
            (
                "                return Cart(text)\n",
                "                return Cart(text)\n\n            def clear(self):\n                self.lines = []\n",
            )
        ),
    ),
    (
        "both import one thing",
        cart(("        from dataclasses", "        import os\n        from dataclasses")),
        cart(("        LIMIT", "        import os\n\n        LIMIT")),
    ),
    (
        "an attribute that the subclass makes itself",
        cart(("self.owner = owner\n", "self.name = owner\n")),
        new(
            "from shop import Cart\nclass Mine(Cart):\n    def __init__(self):\n"
            "        self.owner = 'x'\n    def f(self): return self.owner\n"
        ),
    ),
    ("a default value of a constant", cart(("LIMIT = 10", "LIMIT = 20")), new("from shop.cart import LIMIT\nx = LIMIT + 1\n")),
    (
        "code that only moved",
        cart(("        LIMIT = 10\n", ""), ("        def bounds", "        LIMIT = 10\n\n\n        def bounds")),
        new("from shop.cart import LIMIT\n"),
    ),
    (
        "a module became a package",
        {
            "src/shop/money.py": None,
            "src/shop/money/__init__.py": "from .core import *\n",
            "src/shop/money/core.py": SHOP["src/shop/money.py"],
        },
        new("from shop.money import convert\nimport shop.money as m\nx = convert(1, 2, 3) + m.round_up(1)\n"),
    ),
    (
        "a lazy attribute of the module",
        {
            **money(
                (
                    "        def convert(amount, source, target):\n            return amount\n",
                    "        def __getattr__(name):\n            return None\n",
                )
            )
        },
        new("from shop.money import convert\n"),
    ),
    ("a file that does not parse", {"src/shop/money.py": "def broken(:\n"}, new("from shop.money import convert\n")),
]


@pytest.mark.parametrize(("a", "b", "cause"), [pytest.param(*row[1:], id=row[0]) for row in CONFLICTS])
def test_two_branches_that_merge_cleanly_and_do_not_fit(a: Files, b: Files, cause: Cause, tmp_path: Path) -> None:
    found = collisions(SHOP, a, b, tmp_path)
    assert cause in {f.cause for f in found}, [f.summary for f in found]


@pytest.mark.parametrize(("a", "b"), [pytest.param(*row[1:], id=row[0]) for row in LOOK_ALIKES])
def test_two_branches_that_only_look_as_if(a: Files, b: Files, tmp_path: Path) -> None:
    assert [f.summary for f in collisions(SHOP, a, b, tmp_path)] == []
