"""Public symbols of TypeScript, JavaScript, Go, Rust and Java, intact or broken."""

from __future__ import annotations

import pytest

from orchestrator.nouns.interface import Symbol, SymbolKind
from orchestrator.verbs.symbols import exports_anything, public_symbols


def found(path: str, source: str) -> dict[str, Symbol]:
    return {s.name: s for s in public_symbols(path, source.encode())}


def signatures(path: str, source: str) -> dict[str, str]:
    return {name: symbol.signature for name, symbol in found(path, source).items()}


TYPESCRIPT = """
/**
 * Log a user in.
 * @param name who
 */
export async function login<T>(name: string, /* secret */ password?: string): Promise<T> { return null as T }
function hidden() {}
export default class Account extends Base implements Saved {
  private secret = 1;
  constructor(private readonly id: string) { super() }
  /** What is left. */
  get balance(): number { return 0 }
  static of(id: string): Account { return new Account(id) }
  private guess(): void {}
  protected also(): void {}
  #own() {}
  _old() {}
}
export const pay = async (sum: number): Promise<void> => {}, LIMIT: number = 5;
export interface User<T> extends Named { id: string; /* x */ name?: T }
export type Result = { ok: boolean } | null;
export enum Color { Red, Green = 2 }
const local = 1;
export { local, hidden as shown };
export { other } from './other';
export declare function ambient(x: string): void;
export namespace Tools { export const depth = 1; const no = 2 }
"""


def test_typescript() -> None:
    assert signatures("src/a.ts", TYPESCRIPT) == {
        "login": "async function login<T>(name: string, password?: string): Promise<T>",
        "Account": "class Account extends Base implements Saved",
        "Account.constructor": "constructor(private readonly id: string)",
        "Account.balance": "get balance(): number",
        "Account.of": "static of(id: string): Account",
        "pay": "const pay = async (sum: number): Promise<void>",
        "LIMIT": "const LIMIT: number = 5",
        "User": "interface User<T> extends Named { id: string; name?: T }",
        "Result": "type Result = { ok: boolean } | null",
        "Color": "enum Color { Red, Green = 2 }",
        "local": "const local = 1",
        "shown": "function hidden()",
        "ambient": "function ambient(x: string): void",
        "Tools.depth": "const depth = 1",
    }
    symbols = found("src/a.ts", TYPESCRIPT)
    assert symbols["login"].description == "Log a user in."
    assert symbols["login"].line == 6
    assert symbols["Account.balance"].description == "What is left."
    assert symbols["User"].kind is SymbolKind.type
    assert symbols["pay"].kind is SymbolKind.function


def test_tsx_and_decorators() -> None:
    source = "export function Button(props: Props) { return <b>{props.text}</b> }\n@Injectable({x: 1})\nexport class Store {}"
    assert signatures("a.tsx", source) == {"Button": "function Button(props: Props)", "Store": "class Store"}


def test_javascript_of_both_module_kinds() -> None:
    modules = "// Adds.\nexport const add = (a, b) => a + b\nexport default function (x) {}\nexport class A { m(a) {} }"
    assert signatures("a.mjs", modules) == {
        "add": "const add = (a, b)",
        "default": "export default (x)",
        "A": "class A",
        "A.m": "m(a)",
    }
    assert found("a.mjs", modules)["add"].description == "Adds."
    common = "function a(x) {}\nfunction hidden() {}\nmodule.exports = { a, b: 2, c() {} }\nexports.d = function (y) {}\n"
    assert signatures("a.cjs", common) == {"a": "function a(x)", "b": "const b = 2", "c": "c()", "d": "const d = (y)"}
    assert signatures("a.js", "class Foo { m() {} }\nmodule.exports = Foo") == {"Foo": "class Foo", "Foo.m": "m()"}


GO = """package account

// Login logs a user in.
// It may fail.
func Login(name string, tries ...int) (*Account, error) { return nil, nil }
func hidden() {}

type (
	// Account is a user's account.
	Account struct {
		Name string
		age  int // years
	}
	Reader interface { Read(p []byte) (int, error) }
	private struct{}
)

type Names = map[string]int

func (a *Account) Balance() int { return 1 }
func (a *Account) hide()        {}
func (p private) Shown()        {}
func (l List[T]) Push(x T)      {}

const (
	// Limit of tries.
	Limit = 3
	low   = 1
)

var ErrGone, other = errors.New("gone"), 2
"""


def test_go() -> None:
    assert signatures("account/account.go", GO) == {
        "Login": "func Login(name string, tries ...int) (*Account, error)",
        "Account": "type Account struct { Name string; age int }",
        "Reader": "type Reader interface { Read(p []byte) (int, error) }",
        "Names": "type Names = map[string]int",
        "Account.Balance": "func (a *Account) Balance() int",
        "List.Push": "func (l List[T]) Push(x T)",
        "Limit": "const Limit = 3",
        "ErrGone": 'var ErrGone, other = errors.New("gone"), 2',
    }
    symbols = found("account/account.go", GO)
    assert symbols["Login"].description == "Login logs a user in."
    assert symbols["Account"].description == "Account is a user's account."
    assert symbols["Limit"].description == "Limit of tries."
    assert symbols["Account.Balance"].description == ""


RUST = """
/// An account.
#[derive(Debug)]
pub struct Account<T> { pub name: String, age: T }
pub(crate) fn login(name: &str) -> Result<Account<u8>> where u8: Copy { todo!() }
fn hidden() {}
pub(super) fn near() {}
impl<T> Account<T> {
    /// What is left.
    pub async fn balance(&self) -> i32 { 1 }
    fn hide(&self) {}
    pub const MOST: i32 = 1;
}
impl Display for Account<u8> { fn fmt(&self) {} }
pub enum Color { Red, Green(i32) }
pub trait Store { fn get(&self) -> i32; }
pub const LIMIT: i32 = 1;
pub type Names = Vec<String>;
pub mod tools { pub fn inner() {} fn no() {} }
mod tests { pub fn not_this() {} }
"""


def test_rust() -> None:
    assert signatures("src/account.rs", RUST) == {
        "Account": "pub struct Account<T> { pub name: String }",
        "login": "pub(crate) fn login(name: &str) -> Result<Account<u8>> where u8: Copy",
        "Account.balance": "pub async fn balance(&self) -> i32",
        "Account.MOST": "pub const MOST: i32 = 1",
        "Color": "pub enum Color { Red, Green(i32) }",
        "Store": "pub trait Store",
        "Store.get": "fn get(&self) -> i32",
        "LIMIT": "pub const LIMIT: i32 = 1",
        "Names": "pub type Names = Vec<String>",
        "tools.inner": "pub fn inner()",
    }
    assert found("src/account.rs", RUST)["Account"].description == "An account."
    assert found("src/account.rs", RUST)["Account.balance"].description == "What is left."


JAVA = """package a.b;
/**
 * An account.
 * @since 1
 */
@Entity public final class Account<T> extends Base implements Saved {
  public static final int LIMIT = 1;
  private int age;
  public Account(String name) {}
  @Override public String find(int id, T... rest) throws Gone { return ""; }
  public String find(String name) { return ""; }
  private void hide() {}
  void near() {}
  public record Pair(int a, int b) {}
}
class Hidden { public void m() {} }
interface AlsoHidden {}
public interface Store { void put(int x); int MOST = 1; }
public enum Color { RED, GREEN; public int code() { return 1; } }
"""


def test_java() -> None:
    assert signatures("src/Account.java", JAVA) == {
        "Account": "public final class Account<T> extends Base implements Saved",
        "Account.LIMIT": "int LIMIT = 1",
        "Account.Account": "public Account(String name)",
        "Account.find": "public String find(int id, T... rest) throws Gone; public String find(String name)",
        "Account.Pair": "public record Pair(int a, int b)",
        "Store": "public interface Store",
        "Store.put": "void put(int x)",
        "Store.MOST": "int MOST = 1",
        "Color": "public enum Color { RED, GREEN }",
        "Color.code": "public int code()",
    }
    assert found("src/Account.java", JAVA)["Account"].description == "An account."


@pytest.mark.parametrize(
    ("path", "source"),
    [
        ("a.ts", "export function good(a: string): void {}\nexport function bad(a: {\n\nexport const x = \n"),
        ("a.go", "package a\nfunc Good(a int) {}\nfunc Bad(a int {\n"),
        ("a.rs", "pub fn good(a: i32) {}\npub fn bad(a: {\n"),
        ("A.java", "public class Good {}\npublic class Bad {{{ ((\n"),
    ],
)
def test_the_intact_parts_of_a_broken_file_are_found(path: str, source: str) -> None:
    assert "good" in {name.lower() for name in found(path, source)}


@pytest.mark.parametrize(
    "path",
    [
        "tests/helpers.py", "pkg/test_login.py", "pkg/login_test.py", "conftest.py", "account_test.go", "src/a.spec.ts",
        "src/a.test.jsx", "src/__tests__/a.js", "src/test/java/A.java", "src/AccountTest.java", "node_modules/x/index.js",
        "vendor/x.go", "web/app.min.js", "api_pb2.py", "api.pb.go", "README.md", "Makefile", "src/data.json", "",
    ],
)  # fmt: skip
def test_tests_generated_and_foreign_files_export_nothing(path: str) -> None:
    assert not exports_anything(path)
    assert public_symbols(path, b"def f(): ...") == []


@pytest.mark.parametrize(
    "path", ["src/a.py", "contest.py", "latest/a.ts", "testing/tools.py", "a.go", "src/Attest.java", "a.tsx", "lib.rs"]
)
def test_source_files_may_export(path: str) -> None:
    assert exports_anything(path)


@pytest.mark.parametrize(
    "text",
    [
        b"# Code generated by tool. DO NOT EDIT.\ndef f(): ...",
        b"# @generated\ndef f(): ...",
        b"def f(): ...\nX = '" + b"x" * 6000 + b"'\n",
        b"def f(): ...\n" + b"# x\n" * 300_000,
        b"def f(): ...\n\0",
    ],
)
def test_generated_minified_huge_and_binary_content_gives_nothing(text: bytes) -> None:
    assert public_symbols("a.py", text) == []
