"""Semantic conflicts of Rust branches: a table of two changes of one small shop."""

from __future__ import annotations

from pathlib import Path

import pytest

from orchestrator.nouns.conflict import Cause
from tests.semantic_cases import Files, collisions

SHOP: dict[str, str | None] = {
    "src/lib.rs": """
        pub mod cart;
        pub mod money;

        pub use cart::Cart;
    """,
    "src/cart.rs": """
        use crate::money::{zero, Money};

        pub const LIMIT: u32 = 50;

        pub struct Line {
            pub sku: String,
            pub count: u32,
        }

        pub enum Kind { Small, Large(u32) }

        pub trait Rule {
            fn apply(&self, price: u32) -> u32;
            fn label(&self) -> String { String::new() }
        }

        pub struct Cart {
            pub lines: Vec<Line>,
        }

        impl Cart {
            pub fn new(owner: &str) -> Self {
                Cart { lines: vec![] }
            }

            pub fn add(&mut self, line: Line) -> u32 {
                self.lines.push(line);
                1
            }

            pub fn total(&self) -> Money {
                zero()
            }
        }
    """,
    "src/money.rs": """
        pub struct Money(pub u32);

        pub fn zero() -> Money {
            Money(0)
        }
    """,
}


def changed(name: str, old: str, new: str) -> dict[str, str | None]:
    """The file with one piece of its text made another one."""
    text = SHOP[f"src/{name}.rs"] or ""
    assert text.count(old) == 1, old
    return {f"src/{name}.rs": text.replace(old, new)}


def user(text: str) -> Files:
    return {"src/user.rs": text}


ZERO_RENAMED = changed("money", "fn zero", "fn nothing") | {"src/cart.rs": (SHOP["src/cart.rs"] or "").replace("zero", "nothing")}

CONFLICTS: list[tuple[str, Cause, Files, Files]] = [
    ("function", Cause.renamed, ZERO_RENAMED, user("use crate::money::zero as nil;\nfn f() { nil(); }")),
    ("written out", Cause.renamed, ZERO_RENAMED, user("fn f() { let x = crate::money::zero(); }")),
    (
        "constant",
        Cause.removed,
        changed("cart", "pub const LIMIT: u32 = 50;", ""),
        user("use super::cart::LIMIT;\nfn f(n: u32) -> bool { n > LIMIT }"),
    ),
    (
        "associated function",
        Cause.signature,
        changed("cart", "owner: &str", "owner: &str, size: usize"),
        user('use crate::Cart;\nfn f() { let c = Cart::new("a"); }'),
    ),
    (
        "method of a local",
        Cause.signature,
        changed("cart", "line: Line)", "line: Line, gift: bool)"),
        user('use crate::cart::Cart;\nfn f(l: L) { let mut c = Cart::new("a"); c.add(l); }'),
    ),
    (
        "method in a macro",
        Cause.renamed,
        changed("cart", "fn total", "fn sum"),
        user('use crate::cart::Cart;\nfn f(c: &Cart) { println!("{}", c.total().0); }'),
    ),
    (
        "field of an element",
        Cause.renamed,
        changed("cart", "pub sku", "pub code"),
        user("use crate::cart::*;\nfn f(c: &Cart) { for l in c.lines.iter() { g(&l.sku); } }"),
    ),
    (
        "one more field",
        Cause.signature,
        changed("cart", "pub count: u32,", "pub count: u32,\n            pub note: String,"),
        user("use crate::cart::Line;\nfn f(s: String) -> Line { Line { sku: s, count: 1 } }"),
    ),
    (
        "trait asks for more",
        Cause.contract,
        changed("cart", "fn label", "fn applies(&self) -> bool;\n            fn label"),
        user("use crate::cart::Rule;\nstruct Half;\nimpl Rule for Half { fn apply(&self, price: u32) -> u32 { price / 2 } }"),
    ),
    (
        "variant",
        Cause.removed,
        changed("cart", "Small, Large(u32)", "Small"),
        user("use crate::cart::Kind;\nfn f() -> Kind { Kind::Large(1) }"),
    ),
    (
        "module moved",
        Cause.moved,
        {"src/money.rs": None, "src/cash.rs": SHOP["src/money.rs"]}
        | changed("lib", "pub mod money", "pub mod cash")
        | changed("cart", "crate::money", "crate::cash"),
        user("use crate::money::Money;\nfn f(m: Money) {}"),
    ),
]

LOOK_ALIKES: list[tuple[str, Files, Files]] = [
    (
        "parameter renamed",
        changed(
            "cart",
            "line: Line) -> u32 {\n                self.lines.push(line)",
            "one: Line) -> u32 {\n                self.lines.push(one)",
        ),
        user("use crate::Cart;\nfn f(c: &mut Cart, l: L) { c.add(l); }"),
    ),
    (
        "trait method with a body",
        changed("cart", "fn label", "fn applies(&self) -> bool { true }\n            fn label"),
        user("use crate::cart::Rule;\nstruct Half;\nimpl Rule for Half { fn apply(&self, price: u32) -> u32 { price / 2 } }"),
    ),
    (
        "moved and passed on",
        changed("cart", "pub const LIMIT: u32 = 50;", "pub use crate::limits::LIMIT;")
        | {"src/limits.rs": "pub const LIMIT: u32 = 50;\n"}
        | changed("lib", "pub mod money;", "pub mod money;\n        pub mod limits;"),
        user("use crate::cart::LIMIT;\nfn f(n: u32) -> bool { n > LIMIT }"),
    ),
    (
        "the rest by default",
        changed("cart", "pub count: u32,", "pub count: u32,\n            pub note: String,"),
        user("use crate::cart::Line;\nfn f(s: String) -> Line { Line { sku: s, ..Default::default() } }"),
    ),
    ("of another crate", ZERO_RENAMED, user("use num::zero;\nfn f() { zero(); }")),
    ("a local function", ZERO_RENAMED, user("fn zero() -> u32 { 0 }\nfn f() { zero(); }")),
    (
        "of another type",
        changed("cart", "fn total", "fn sum"),
        user("struct T;\nimpl T { fn total(&self) {} }\nfn f(t: T) { t.total(); }"),
    ),
]


@pytest.mark.parametrize(("cause", "a", "b"), [pytest.param(*row[1:], id=row[0]) for row in CONFLICTS])
def test_a_conflict_is_found(cause: Cause, a: Files, b: Files, tmp_path: Path) -> None:
    assert cause in {found.cause for found in collisions(SHOP, a, b, tmp_path)}


@pytest.mark.parametrize(("a", "b"), [pytest.param(*row[1:], id=row[0]) for row in LOOK_ALIKES])
def test_a_look_alike_is_none(a: Files, b: Files, tmp_path: Path) -> None:
    assert [found.summary for found in collisions(SHOP, a, b, tmp_path)] == []
