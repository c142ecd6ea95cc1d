"""Semantic conflicts of Java branches: a table of two changes of one small shop."""

from __future__ import annotations

from pathlib import Path

import pytest

from orchestrator.nouns.conflict import Cause
from tests.semantic_cases import Files, collisions

MAIN = "src/main/java/com/shop"
SHOP: dict[str, str | None] = {
    f"{MAIN}/Cart.java": """
        package com.shop;

        import com.shop.money.Money;
        import java.util.ArrayList;
        import java.util.List;

        public class Cart {
            public static final int LIMIT = 50;
            public final List<Line> lines = new ArrayList<>();

            public Cart(String owner) {
            }

            public Line add(Line line, int count) {
                lines.add(line);
                return line;
            }

            public Money total() {
                return Money.zero();
            }

            public enum Kind { SMALL, LARGE }
        }
    """,
    f"{MAIN}/Line.java": """
        package com.shop;

        public record Line(String sku, int price) {
        }
    """,
    f"{MAIN}/Rule.java": """
        package com.shop;

        public interface Rule {
            int apply(int price);

            default String label() {
                return "rule";
            }
        }
    """,
    f"{MAIN}/money/Money.java": """
        package com.shop.money;

        public final class Money {
            public int cents;

            public static Money zero() {
                return new Money();
            }
        }
    """,
    f"{MAIN}/web/CartApi.java": """
        package com.shop.web;

        @RestController
        @RequestMapping("/api")
        public class CartApi {
            @GetMapping("/cart")
            public String cart() {
                return "";
            }
        }
    """,
}


def changed(name: str, old: str, new: str) -> dict[str, str | None]:
    """The file with one piece of its text made another one."""
    path = f"{MAIN}/{name}.java"
    text = SHOP[path] or ""
    assert text.count(old) == 1, old
    return {path: text.replace(old, new)}


def user(body: str, package: str = "com.shop", imports: str = "") -> Files:
    folder = f"src/main/java/{package.replace('.', '/')}"
    return {f"{folder}/User.java": f"package {package};\n{imports}\nclass User {{\n{body}\n}}\n"}


CONFLICTS: list[tuple[str, Cause, Files, Files]] = [
    (
        "method renamed",
        Cause.renamed,
        changed("Cart", "Money total()", "Money sum()"),
        user("Object f(Cart cart) { return cart.total(); }"),
    ),
    (
        "required parameter, of a local variable",
        Cause.signature,
        changed("Cart", "Line line, int count", "Line line, int count, boolean gift"),
        user("void f() { var cart = new Cart(a); cart.add(null, 1); }"),
    ),
    (
        "constructor",
        Cause.signature,
        changed("Cart", "Cart(String owner)", "Cart(String owner, int size)"),
        user("Cart c = new Cart(a);"),
    ),
    (
        "static method of another package",
        Cause.removed,
        changed("money/Money", "public static Money zero() {\n                return new Money();\n            }", "")
        | changed("Cart", "Money.zero()", "new Money()"),
        user("Object m = Money.zero();", "com.shop.web", "import com.shop.money.Money;"),
    ),
    ("constant", Cause.renamed, changed("Cart", "int LIMIT", "int MOST"), user("boolean f(int n) { return n > Cart.LIMIT; }")),
    (
        "class moved to another package",
        Cause.moved,
        {
            f"{MAIN}/Line.java": None,
            f"{MAIN}/lines/Line.java": (SHOP[f"{MAIN}/Line.java"] or "").replace("com.shop;", "com.shop.lines;"),
        }
        | changed("Cart", "import java.util.List;", "import java.util.List;\n        import com.shop.lines.Line;"),
        user("Line line;", "com.shop.web", "import com.shop.Line;"),
    ),
    (
        "interface asks for more",
        Cause.contract,
        changed("Rule", "int apply(int price);", "int apply(int price);\n            boolean applies();"),
        user("static class Half implements Rule { public int apply(int price) { return price / 2; } }"),
    ),
    (
        "interface asks for something else",
        Cause.contract,
        changed("Rule", "apply(int price)", "apply(int price, String day)"),
        user("static class Half implements Rule { public int apply(int price) { return price / 2; } }"),
    ),
    (
        "part of a record",
        Cause.renamed,
        changed("Line", "String sku", "String code"),
        user("String f(Cart cart) { for (Line line : cart.lines) { return line.sku(); } return null; }"),
    ),
    ("member of an enum", Cause.removed, changed("Cart", "SMALL, LARGE", "SMALL"), user("Object kind = Cart.Kind.LARGE;")),
    (
        "same route",
        Cause.same_route,
        changed("web/CartApi", "public class CartApi {", 'public class CartApi {\n            @PostMapping("/pay") void pay() {}\n'),
        {
            f"{MAIN}/web/PayApi.java": 'package com.shop.web;\n@RequestMapping("/api")\nclass PayApi {\n'
            '@PostMapping("pay") void b() {}\n}\n'
        },
    ),
]

LOOK_ALIKES: list[tuple[str, Files, Files]] = [
    (
        "an overload beside it",
        changed(
            "Cart", "public Money total()", "public Line add(Line line) { return add(line, 1); }\n\n            public Money total()"
        ),
        user("void f(Cart cart) { cart.add(null, 2); }"),
    ),
    (
        "method with a body",
        changed("Rule", "int apply(int price);", "int apply(int price);\n            default boolean applies() { return true; }"),
        user("static class Half implements Rule { public int apply(int price) { return price / 2; } }"),
    ),
    (
        "of another class",
        changed("Cart", "Money total()", "Money sum()"),
        user("int total() { return 1; }\nint f() { return total(); }"),
    ),
    (
        "of another class's variable",
        changed("Cart", "Money total()", "Money sum()"),
        user("Object f(Invoice cart) { return cart.total(); }\nstatic class Invoice { int total() { return 1; } }"),
    ),
    (
        "a class of somebody else",
        {f"{MAIN}/Line.java": None} | changed("Cart", "List<Line>", "List<String>"),
        user("Line line;", "com.shop.web", "import org.geometry.Line;"),
    ),
    ("parameter renamed", changed("Cart", "int count", "int number"), user("void f(Cart cart) { cart.add(null, 2); }")),
    ("comment and string", changed("Cart", "Money total()", "Money sum()"), user('// cart.total()\nString s = "Cart.total";')),
    (
        "the same path by another method",
        changed("web/CartApi", "public class CartApi {", 'public class CartApi {\n            @PostMapping("/pay") void pay() {}\n'),
        {f"{MAIN}/web/PayApi.java": 'package com.shop.web;\nclass PayApi {\n@GetMapping("/api/pay") void b() {}\n}\n'},
    ),
]


@pytest.mark.parametrize(("cause", "a", "b"), [pytest.param(*row[1:], id=row[0]) for row in CONFLICTS])
def test_a_conflict_is_found(cause: Cause, a: Files, b: Files, tmp_path: Path) -> None:
    assert cause in {found.cause for found in collisions(SHOP, a, b, tmp_path)}


@pytest.mark.parametrize(("a", "b"), [pytest.param(*row[1:], id=row[0]) for row in LOOK_ALIKES])
def test_a_look_alike_is_none(a: Files, b: Files, tmp_path: Path) -> None:
    assert [found.summary for found in collisions(SHOP, a, b, tmp_path)] == []
