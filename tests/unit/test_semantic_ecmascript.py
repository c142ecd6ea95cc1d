"""Semantic conflicts of TypeScript and JavaScript branches: a table of two changes of one small shop."""

from __future__ import annotations

from pathlib import Path

import pytest

from orchestrator.nouns.conflict import Cause
from tests.semantic_cases import Files, collisions

SHOP: dict[str, str | None] = {
    "src/cart.ts": """
        import { Money, zero } from "./money";

        export interface Line { sku: string; price: Money; count?: number }

        export abstract class Rule {
          abstract apply(price: Money): Money;
          label(): string { return "rule"; }
        }

        export class Cart {
          lines: Line[] = [];
          constructor(private owner: string) {}

          add(line: Line, count = 1): Line {
            this.lines.push(line);
            return line;
          }

          get size(): number { return this.lines.length; }

          find(sku: string): Line | undefined {
            return this.lines.find((line) => line.sku === sku);
          }
        }

        export default function checkout(cart: Cart): Money {
          return zero();
        }
    """,
    "src/money.ts": """
        export type Money = { cents: number; currency: string };
        export enum Currency { EUR = "eur", USD = "usd" }
        export const LIMIT = 50;
        export const zero = (): Money => ({ cents: 0, currency: "EUR" });
        export function format(money: Money, digits?: number): string {
          return money.cents.toFixed(digits);
        }
    """,
    "src/index.ts": """
        export * from "./money";
        export { Cart, Rule as Discount } from "./cart";
        export { default as checkout } from "./cart";
    """,
    "lib/mail.js": """
        function send(to, subject) {
          return [to, subject];
        }
        const queue = {
          push(job) { return job; },
          size: 0,
        };
        module.exports = { send, queue, post: send };
    """,
    "server.js": """
        const express = require("express");
        const app = express();
        app.get("/health", (req, res) => res.send("ok"));
        module.exports = app;
    """,
}


def without(path: str, old: str, new: str) -> dict[str, str | None]:
    """The file with one piece of its text made another one."""
    text = SHOP[path] or ""
    assert text.count(old) == 1, old
    return {path: text.replace(old, new)}


def cart(old: str, new: str) -> dict[str, str | None]:
    return without("src/cart.ts", old, new)


def money(old: str, new: str) -> dict[str, str | None]:
    return without("src/money.ts", old, new)


CONFLICTS: list[tuple[str, Cause, Files, Files]] = [
    (
        "function renamed",
        Cause.renamed,
        money("function format", "function show"),
        {"src/a.ts": 'import { format } from "./money";\nformat(x);'},
    ),
    (
        "through the index",
        Cause.renamed,
        money("function format", "function show"),
        {"src/a.ts": 'import { format as f } from ".";\nexport const g = () => f(x);'},
    ),
    (
        "namespace",
        Cause.removed,
        money("export const LIMIT = 50;", ""),
        {"src/a.ts": 'import * as m from "./money";\nif (n > m.LIMIT) { n(); }'},
    ),
    (
        "method of a typed parameter",
        Cause.renamed,
        cart("find(sku", "bySku(sku"),
        {"app/a.tsx": 'import { Cart } from "../src";\nconst f = (cart: Cart) => cart.find("x");'},
    ),
    (
        "method of a new object",
        Cause.signature,
        cart("add(line: Line, count = 1)", "add(line: Line, count: number)"),
        {"src/a.ts": 'import { Cart } from "./cart.js";\nfunction f(l) { const c = new Cart("x"); c.add(l); }'},
    ),
    (
        "constructor",
        Cause.signature,
        cart("private owner: string", "private owner: string, currency: string"),
        {"src/a.ts": 'import { Cart } from "./cart";\nexport const guest = new Cart("guest");'},
    ),
    (
        "getter to method",
        Cause.signature,
        cart("get size()", "size()"),
        {"src/a.ts": 'import { Cart } from "./cart";\nexport function f(c: Cart) { return c.size > 3; }'},
    ),
    (
        "made async",
        Cause.signature,
        money("function format(money: Money, digits?: number)", "async function format(money: Money, digits?: number)"),
        {"src/a.ts": 'import { format } from "./money";\nexport const f = (m) => format(m).trim();'},
    ),
    (
        "abstract method added",
        Cause.contract,
        cart("abstract apply", "abstract applies(): boolean;\n          abstract apply"),
        {"src/a.ts": 'import { Rule } from "./cart";\nexport class Half extends Rule { apply(p) { return p; } }'},
    ),
    (
        "field of an interface",
        Cause.renamed,
        cart("sku: string; price", "code: string; price"),
        {"src/a.ts": 'import { Line } from "./cart";\nexport const f = (l: Line) => `${l.sku}!`;'},
    ),
    (
        "enum member",
        Cause.removed,
        money(', USD = "usd"', ""),
        {"src/a.ts": 'import { Currency } from "./money";\nlet c = Currency.USD;'},
    ),
    (
        "file moved",
        Cause.moved,
        {"src/money.ts": None, "src/cash.ts": SHOP["src/money.ts"]}
        | cart("./money", "./cash")
        | without("src/index.ts", "./money", "./cash"),
        {"src/a.ts": 'import { zero } from "./money";\nzero();'},
    ),
    (
        "CommonJS",
        Cause.renamed,
        {"lib/mail.js": (SHOP["lib/mail.js"] or "").replace("send", "deliver")},
        {"lib/a.js": 'const { send } = require("./mail");\nsend("a", "b");'},
    ),
    (
        "member of an object",
        Cause.renamed,
        without("lib/mail.js", "push(job)", "put(job)"),
        {"lib/a.js": 'const { queue } = require("./mail");\nqueue.push({});'},
    ),
    (
        "same route",
        Cause.same_route,
        without("server.js", "module", 'app.get("/cart", (q, r) => r.send(1));\n        module'),
        without("server.js", "const app = express();", 'const app = express();\n        app.get("/cart", list);'),
    ),
    (
        "same function",
        Cause.same_symbol,
        money("export function format", "export function parse(a) { return a; }\n        export function format"),
        money("export type Money", "export function parse(a: string, b: number) { return b; }\n        export type Money"),
    ),
]

LOOK_ALIKES: list[tuple[str, Files, Files]] = [
    (
        "optional parameter",
        money("digits?: number", "digits?: number, locale = 'en'"),
        {"src/a.ts": 'import { format } from "./money";\nformat(x);'},
    ),
    (
        "another one of the file",
        money("function format", "function show"),
        {"src/a.ts": 'import { LIMIT } from "./money";\nLIMIT + 1;'},
    ),
    (
        "moved and passed on",
        {"src/rules.ts": "export const LIMIT = 50;"} | money("export const LIMIT = 50;", 'export { LIMIT } from "./rules";'),
        {"src/a.ts": 'import { LIMIT } from "./money";\nLIMIT + 1;'},
    ),
    (
        "alias",
        money("export function format", "export { show as format };\nfunction show"),
        {"src/a.ts": 'import { format } from "./money";\nformat(x);'},
    ),
    (
        "a local of the same name",
        money("function format", "function show"),
        {"src/a.ts": 'import { zero } from "./money";\nfunction f(format) { return format(zero()); }'},
    ),
    (
        "of another class",
        cart("find(sku", "bySku(sku"),
        {"src/a.ts": "class Shelf { find(x: string) { return x; } }\nexport const f = (s: Shelf) => s.find('x');"},
    ),
    ("in a comment and a string", cart("find(sku", "bySku(sku"), {"src/a.ts": '// cart.find("x")\nexport const help = "Cart.find";'}),
    (
        "rest parameter",
        cart("add(line: Line, count = 1)", "add(...lines: Line[])"),
        {"src/a.ts": 'import { Cart } from "./cart";\nnew Cart("x").add(l);'},
    ),
    (
        "method that need not be there",
        cart("label(): string", 'hint(): string { return ""; }\n          label(): string'),
        {"src/a.ts": 'import { Rule } from "./cart";\nexport class Half extends Rule { apply(p) { return p; } }'},
    ),
    (
        "package of somebody else",
        money("function format", "function show"),
        {"src/a.ts": 'import { format } from "date-fns";\nformat(1);'},
    ),
    (
        "types only",
        money("zero = (): Money", "zero = (): Readonly<Money>"),
        {"src/a.ts": 'import { zero } from "./money";\nzero().cents;'},
    ),
    (
        "another method of the path",
        without("server.js", "module", 'app.get("/cart", a);\n        module'),
        without("server.js", "const app = express();", 'const app = express();\n        app.post("/cart", b);'),
    ),
]


@pytest.mark.parametrize(("cause", "a", "b"), [pytest.param(*row[1:], id=row[0]) for row in CONFLICTS])
def test_a_conflict_is_found(cause: Cause, a: Files, b: Files, tmp_path: Path) -> None:
    assert cause in {found.cause for found in collisions(SHOP, a, b, tmp_path)}


@pytest.mark.parametrize(("a", "b"), [pytest.param(*row[1:], id=row[0]) for row in LOOK_ALIKES])
def test_a_look_alike_is_none(a: Files, b: Files, tmp_path: Path) -> None:
    assert [found.summary for found in collisions(SHOP, a, b, tmp_path)] == []
