"""Semantic conflicts of Go branches: a table of two changes of one small shop."""

from __future__ import annotations

from pathlib import Path

import pytest

from orchestrator.nouns.conflict import Cause
from tests.semantic_cases import Files, collisions

SHOP: dict[str, str | None] = {
    "go.mod": "module example.com/shop\n",
    "cart/cart.go": """
        package cart

        import "example.com/shop/money"

        const Limit = 50

        type Line struct {
            Sku   string
            Count int
        }

        type Cart struct {
            Owner string
            Lines []*Line
        }

        func New(owner string) *Cart {
            return &Cart{Owner: owner}
        }

        func (c *Cart) Total() money.Money {
            return money.Zero()
        }
    """,
    "cart/add.go": """
        package cart

        func (c *Cart) Add(line *Line) (int, error) {
            c.Lines = append(c.Lines, line)
            return len(c.Lines), nil
        }
    """,
    "money/money.go": """
        package money

        type Money struct{ Cents int }

        func Zero() Money { return Money{} }

        func Format(m Money, parts ...string) string { return "" }
    """,
    "web/web.go": """
        package web

        import "net/http"

        func Routes() {
            http.HandleFunc("/health", health)
        }
    """,
}


def changed(path: str, old: str, new: str) -> dict[str, str | None]:
    """The file with one piece of its text made another one."""
    text = SHOP[path] or ""
    assert text.count(old) == 1, old
    return {path: text.replace(old, new)}


def user(body: str, imports: str = '"example.com/shop/cart"') -> Files:
    return {"app/user.go": f"package app\n\nimport {imports}\n\n{body}\n"}


CONFLICTS: list[tuple[str, Cause, Files, Files]] = [
    (
        "function of another package",
        Cause.renamed,
        changed("money/money.go", "func Format", "func Show"),
        user('var s = money.Format(m, "a")', '"example.com/shop/money"'),
    ),
    (
        "under another name",
        Cause.removed,
        changed("cart/cart.go", "const Limit = 50", ""),
        user("func full(n int) bool { return n > shop.Limit }", 'shop "example.com/shop/cart"'),
    ),
    (
        "method in another file than its type",
        Cause.signature,
        changed("cart/add.go", "line *Line)", "line *Line, count int)"),
        user('func f() { c := cart.New("a"); c.Add(nil) }'),
    ),
    (
        "one more result",
        Cause.returns,
        changed(
            "cart/cart.go",
            "Total() money.Money {\n            return money.Zero()",
            "Total() (money.Money, error) {\n            return money.Zero(), nil",
        ),
        user("func f(c *cart.Cart) int { return c.Total().Cents }"),
    ),
    ("field", Cause.renamed, changed("cart/cart.go", "Sku   string", "Code  string"), user('var line = &cart.Line{Sku: "a"}')),
    (
        "field of an element",
        Cause.renamed,
        changed("cart/cart.go", "Sku   string", "Code  string"),
        user('func f(c *cart.Cart) string { for _, l := range c.Lines { return l.Sku }; return "" }'),
    ),
    (
        "name of the same package",
        Cause.renamed,
        changed("cart/cart.go", "func New(", "func Open("),
        {"cart/guest.go": 'package cart\n\nfunc Guest() *Cart { return New("guest") }\n'},
    ),
    (
        "package gone",
        Cause.removed,
        {"money/money.go": None, "cash/money.go": (SHOP["money/money.go"] or "").replace("package money", "package cash")}
        | changed("cart/cart.go", '"example.com/shop/money"', 'money "example.com/shop/cash"'),
        user("var z = money.Zero()", '"example.com/shop/money"'),
    ),
    (
        "same function in two files of a package",
        Cause.same_symbol,
        {"cart/empty.go": "package cart\n\nfunc (c *Cart) Empty() bool { return len(c.Lines) == 0 }\n"},
        {"cart/state.go": 'package cart\n\nfunc (c *Cart) Empty() bool { return c.Owner == "" }\n'},
    ),
    (
        "same route",
        Cause.same_route,
        changed("web/web.go", "health)\n", 'health)\n            http.HandleFunc("/cart", list)\n'),
        {"web/cart.go": 'package web\n\nimport "net/http"\n\nfunc init() { http.HandleFunc("/cart", show) }\n'},
    ),
]

LOOK_ALIKES: list[tuple[str, Files, Files]] = [
    ("parameter renamed", changed("cart/add.go", "line *Line)", "one *Line)"), user("func f(c *cart.Cart) { c.Add(nil) }")),
    (
        "field added",
        changed("cart/cart.go", "Count int", "Count int\n            Note  string"),
        user('var line = cart.Line{Sku: "a"}'),
    ),
    (
        "several results as arguments",
        changed("money/money.go", "parts ...string", "places int, parts ...string"),
        user("var s = money.Format(both())", '"example.com/shop/money"'),
    ),
    (
        "of another type",
        changed("cart/add.go", ") Add(line", ") Put(line"),
        user("type set struct{}\n\nfunc (s set) Add(x any) {}\n\nfunc f(s set) { s.Add(1) }"),
    ),
    (
        "package of somebody else",
        changed("money/money.go", "func Format", "func Show"),
        user("var s = money.Format(1)", '"github.com/other/money2"'),
    ),
    ("local variable", changed("cart/cart.go", "func New(", "func Open("), user("func f() { New := 1; _ = New }")),
    (
        "same name in two packages",
        {"cart/list.go": "package cart\n\nfunc List() {}\n"},
        {"money/list.go": "package money\n\nfunc List() {}\n"},
    ),
    (
        "moved inside of its package",
        {"cart/add.go": None, "cart/lines.go": SHOP["cart/add.go"]},
        user("func f(c *cart.Cart) { c.Add(nil) }"),
    ),
]


@pytest.mark.parametrize(("cause", "a", "b"), [pytest.param(*row[1:], id=row[0]) for row in CONFLICTS])
def test_a_conflict_is_found(cause: Cause, a: Files, b: Files, tmp_path: Path) -> None:
    assert cause in {found.cause for found in collisions(SHOP, a, b, tmp_path)}


@pytest.mark.parametrize(("a", "b"), [pytest.param(*row[1:], id=row[0]) for row in LOOK_ALIKES])
def test_a_look_alike_is_none(a: Files, b: Files, tmp_path: Path) -> None:
    assert [found.summary for found in collisions(SHOP, a, b, tmp_path)] == []
