"""Single values of the context file: the plain ones are read at once, everything else by the strict reader; ours are written so.

The strict reader takes seconds for 2,000 entries. What is matched here is
what it would say too (a test compares the two); what is not matched is left to it.
"""

from __future__ import annotations

import json
import re
from typing import Any

Path = tuple[str | int, ...]

KEY = re.compile(r"""(?:"([^"\\]*)"|'([^'\\]*)'|(\w[^:#"'\t]*?))[ ]*:(?:[ ]+(\S.*?)|)[ ]*$""")
"""A key and what stands behind it on its line."""

_QUICK = re.compile(
    r"""
    (?: "((?: [^"\\\t] | \\["\\/bfnrt] | \\u[0-9A-Fa-f]{4} )*)"
      | '((?: [^'\t] | '' )*)'
      | ([A-Za-z_/][^:\#\t]*? | [0-9]{4}-[0-9]{2}-[0-9]{2})
    ) [ ]* (?: [ ]\#.* )? $
    """,
    re.VERBOSE,
)
_NO_TEXT = frozenset(word for base in ("null", "true", "false") for word in (base, base.capitalize(), base.upper()))
_NUMBER = re.compile(r"0x[0-9a-fA-F_]+|0o[0-7_]+|[0-9][0-9_]*(\.[0-9_]*)?([eE][-+]?[0-9]+)?")
_BARE = re.compile(r"[A-Za-z_][A-Za-z0-9_./@+-]*")
_TAKEN = frozenset({"null", "true", "false", "yes", "no", "on", "off", "y", "n"})
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_HIDDEN = re.compile("[\x7f-\x9f\xad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ud800-\udfff\ufeff\ufffe\uffff]")
NOT_A_TEXT = object()


def quick_text(written: str) -> str | None:
    """The text that ``written`` is, None when that takes a closer look."""
    found = _QUICK.match(written)
    if found is None:
        return None
    double, single, plain = found.groups()
    if double is not None:
        return str(json.loads(f'"{double}"')) if "\\" in double else double
    if single is not None:
        return single.replace("''", "'")
    return None if plain in _NO_TEXT else plain


def key_of(written: re.Match[str]) -> str | None:
    """The text of a key that ``KEY`` matched; None when YAML does not read it as a text."""
    double, single, plain, _ = written.groups()
    if plain is None:
        return double if double is not None else single
    return None if plain in _NO_TEXT or _NUMBER.fullmatch(plain) else plain


def strict_value(text: str, key: str, name: str, first_line: int, under: Path) -> Any:
    """The value of ``key`` in a part of the file that is a mapping with this one key."""
    from orchestrator.verbs.strict_yaml import read_part  # the parser is imported only when it is needed

    read = read_part(text, name, first_line=first_line, last_line=first_line + text.rstrip().count("\n"), under=under).value
    return read.get(key) if isinstance(read, dict) else NOT_A_TEXT


def quoted(text: str) -> str:
    """In double quotes on one line; what cannot be seen is written out, so that nothing hides in the file."""
    return _HIDDEN.sub(lambda found: f"\\u{ord(found[0]):04x}", json.dumps(text, ensure_ascii=False))


def bare(text: str) -> str:
    """Without quotes where no reader of YAML, old ones included, could take it for something else."""
    plain = (_BARE.fullmatch(text) and text.lower() not in _TAKEN) or _DATE.fullmatch(text)
    return text if plain else quoted(text)
