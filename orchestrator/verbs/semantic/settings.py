"""Keys of configuration files, each with where it stands. Read by lines: a file that has a key twice is what no parser reads."""

from __future__ import annotations

import re
from collections.abc import Iterator

from orchestrator.nouns.code import ABSOLUTE, FileFacts, Key, KeyKind, Use, UseKind
from orchestrator.verbs.semantic.keys import migration_of

KEYS_LIMIT = 5000
TOML_TABLE = re.compile(r"^\s*\[\s*([^\[\]]+?)\s*\]\s*(#.*)?$")
TOML_ARRAY = re.compile(r"^\s*\[\[\s*([^\[\]]+?)\s*\]\]")
TOML_KEY = re.compile(r"""^\s*((?:[\w-]+|"[^"]*"|'[^']*')(?:\s*\.\s*(?:[\w-]+|"[^"]*"))*)\s*=\s*(.*)$""")
INI_SECTION = re.compile(r"^\[([^\]]+)\]")
INI_KEY = re.compile(r"^([^\s#;\[=:][^=:]*?)\s*[=:]\s*(.*)$")
ENV_KEY = re.compile(r"^\s*(?:export\s+)?([A-Za-z_]\w*)\s*=(.*)$")
YAML_KEY = re.compile(r"""^(\s*)((?:-\s+)*)("[^"]*"|'[^']*'|[^\s#'"\[\]{}&*!|>%@`,:-][^#:]*?|-[^\s:]+)\s*:(?:\s+(.*))?$""")
CODE_NAME = re.compile(r"""(?:["'=\s])([A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*:[A-Za-z_]\w*|[A-Za-z_]\w*(?:\.[A-Za-z_]\w*){2,})(?=["'\s]|$)""")
JSON_TOKEN = re.compile(r'"((?:[^"\\]|\\.)*)"|[{}\[\]:,]|[^\s{}\[\]:,"]+')


def facts_of(path: str, language: str, text: str) -> FileFacts:
    """Keys and nothing else."""
    reader = {"toml": _toml, "ini": _ini, "dotenv": _env, "yaml": _yaml, "json": _json}.get(language)
    found = [] if reader is None else [Key(KeyKind.setting, path, name, line, value) for name, line, value in reader(text)]
    uses = tuple(_code_named(text)) if reader is not None else ()
    return FileFacts(path, language, keys=(*migration_of(path), *found[:KEYS_LIMIT]), uses=uses)


def _code_named(text: str) -> Iterator[Use]:
    """``module.of.mine:function``, as entry points and settings name code."""
    for number, line in enumerate(text.splitlines(), 1):
        for word in CODE_NAME.findall(line) if ":" in line or "." in line else ():
            first, *rest = word.replace(":", ".").split(".")
            yield Use((ABSOLUTE + first, *rest), UseKind.named, number)


Entry = tuple[str, int, str]
"""Name with where it stands, line, and the value if an equal one does no harm."""


def _toml(text: str) -> Iterator[Entry]:
    table, inside, arrays = "", "", 0
    for number, line in enumerate(text.splitlines(), 1):
        if inside:
            inside = "" if inside in line else inside
            continue
        if TOML_ARRAY.match(line):
            arrays += 1
            table = f"{TOML_ARRAY.match(line)[1]}#{arrays}."  # type: ignore[index]
        elif found := TOML_TABLE.match(line):
            table = f"{found[1]}."
            yield f"[{found[1]}]", number, ""
        elif found := TOML_KEY.match(line):
            yield table + found[1].replace('"', "").replace("'", ""), number, ""
            inside = _unended(found[2])


def _unended(value: str) -> str:
    """What ends a value that goes on in the next lines."""
    for quotes in ('"""', "'''"):
        if value.count(quotes) == 1:
            return quotes
    bare = re.sub(r'"[^"]*"|\'[^\']*\'|#.*$', "", value)
    return "]" if bare.count("[") > bare.count("]") else ""


def _ini(text: str) -> Iterator[Entry]:
    section = ""
    for number, line in enumerate(text.splitlines(), 1):
        if found := INI_SECTION.match(line):
            section = f"{found[1]}."
            yield f"[{found[1]}]", number, ""
        elif section and (found := INI_KEY.match(line)):
            yield section + found[1].strip().lower(), number, ""


def _env(text: str) -> Iterator[Entry]:
    for number, line in enumerate(text.splitlines(), 1):
        if found := ENV_KEY.match(line):
            yield found[1], number, found[2].strip()


def _yaml(text: str) -> Iterator[Entry]:
    """Block style; every element of a list is a place of its own."""
    above: list[tuple[int, str]] = []
    elements, block = 0, -1
    for number, line in enumerate(text.splitlines(), 1):
        indent = len(line) - len(line.lstrip(" "))
        if block >= 0 and (not line.strip() or indent > block):
            continue
        block = -1
        if line.startswith("---"):
            above = []
            elements += 1
            above.append((-1, f"#{elements}"))
            continue
        if line.lstrip().startswith("- "):
            elements += 1
            above = [a for a in above if a[0] < indent]
            above.append((indent, f"#{elements}"))
        found = YAML_KEY.match(line)
        if found is None:
            continue
        at = len(found[1]) + len(found[2])
        above = [a for a in above if a[0] < at]
        name = ".".join([*(key for _, key in above), found[3].strip("\"'")])
        value = (found[4] or "").strip()
        yield name, number, value
        above.append((at, found[3].strip("\"'")))
        block = indent if value[:1] in {"|", ">"} else -1


def _json(text: str) -> Iterator[Entry]:
    """By tokens: a key is a string in an object that a colon follows."""
    stack: list[str] = []
    lists = 0
    tokens = list(JSON_TOKEN.finditer(text))
    line, at, key = 1, 0, ""
    for here, after in zip(tokens, [*tokens[1:], None], strict=True):
        line, at = line + text.count("\n", at, here.start()), here.start()
        token = here[0]
        if token in {"{", "["}:
            lists += token == "["
            stack.append(key if token == "{" and not (stack and stack[-1].startswith("#")) else f"#{lists}{at}")
            key = ""
        elif token in {"}", "]"}:
            if stack:
                stack.pop()
        elif token[0] == '"' and after is not None and after[0] == ":":
            key = here[1]
            yield ".".join([*(s for s in stack if s), key]), line, ""
