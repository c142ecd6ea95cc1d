"""Files that a shell command obviously writes, so that it can be asked about them before it runs. Pure.

Only what is plain to see: redirections, and the arguments of commands that are there to write (``tee``, ``sed -i``, ``cp``, ``git
checkout -- …``). A program writes what it likes and no look at its words can tell; what slips past here, git finds after the job. So a
command that cannot be read is one that nothing is known about, and not one that is refused.
"""

from __future__ import annotations

import posixpath
import re
import shlex
from collections.abc import Iterator, Sequence

ENDS = frozenset({";", "&&", "||", "|", "&", "\n", "(", ")", "|&"})
REDIRECTS = frozenset({">", ">>", ">|", "&>", "&>>", "<>"})
BEFORE = frozenset({"sudo", "env", "command", "time", "nice", "nohup", "exec", "then", "do", "else", "{", "!"})
LONGEST = 20_000
"""Characters that are looked at."""
HERE_DOCUMENT = re.compile(r"(<<-?\s*(['\"]?)(\w+)\2[^\n]*)\n.*?^\s*\3$", re.DOTALL | re.MULTILINE)
"""Text for a command, which is no command itself."""

ALL = frozenset({"rm", "touch", "truncate", "tee", "mv", "mkdir", "rmdir", "unlink", "shred"})
"""Commands that write every file they are given."""
LAST = frozenset({"cp", "install", "ln", "rsync"})
"""Commands that write the last one."""
GIT = frozenset({"rm", "mv", "restore"})
"""Of git, those that write every file they are given; ``checkout`` does behind ``--``."""
VALUED = {"truncate": {"-s", "--size", "-r", "--reference"}, "touch": {"-d", "-t", "-r"}, "restore": {"-s", "--source"}}
"""Options whose next word is no file."""


def written_by(command: str) -> list[str]:
    """Paths as they stand in the command, each joined to the folder that a ``cd`` before it went to; ``*`` and ``?`` stay."""
    try:
        words = list(_words(HERE_DOCUMENT.sub(r"\1", command[:LONGEST])))
    except ValueError:  # an unfinished quotation
        return []
    found: list[str] = []
    folder = ""
    for words_of_one in _commands(words):
        targets, rest = _redirected(words_of_one)
        found += [posixpath.join(folder, target) for target in (*targets, *_arguments(_bare(rest)))]
        bare = _bare(rest)
        if bare[:1] == ["cd"] and len(bare) == 2:
            folder = posixpath.join(folder, bare[1])
    return [path for path in dict.fromkeys(found) if _plain(path)]


def _words(command: str) -> Iterator[str]:
    lexer = shlex.shlex(command.replace("\\\n", " ").replace("\n", " ; "), posix=True, punctuation_chars="();<>|&")
    lexer.whitespace_split = True
    lexer.commenters = ""
    yield from lexer


def _commands(words: Sequence[str]) -> Iterator[list[str]]:
    current: list[str] = []
    for word in words:
        if word in ENDS or (word and set(word) <= set(";&|()") and word not in REDIRECTS):
            yield current
            current = []
        else:
            current.append(word)
    yield current


def _redirected(words: Sequence[str]) -> tuple[list[str], list[str]]:
    """(files that the output goes to, the words without the redirections)."""
    targets, rest, at = [], [], 0
    while at < len(words):
        word = words[at]
        if word in REDIRECTS and at + 1 < len(words):
            targets.append(words[at + 1])
            at += 2
        elif word == ">&" or word.startswith("<"):  # 2>&1
            at += 2
        else:
            rest.append(word)
            at += 1
    return targets, rest


def _bare(words: Sequence[str]) -> list[str]:
    """Without what only stands before a command: ``sudo``, ``env A=1``, ``then``."""
    at = 0
    while at < len(words) and (words[at] in BEFORE or ("=" in words[at] and words[at].split("=")[0].isidentifier())):
        at += 1
    return list(words[at:])


def _arguments(words: Sequence[str]) -> list[str]:
    if not words:
        return []
    name, rest = posixpath.basename(words[0]), list(words[1:])
    if name == "git":
        return _of_git(rest)
    if name in {"sed", "perl"}:
        in_place = any(word.startswith(("-i", "--in-place")) or (word[:1] == "-" and word[1:2] != "-" and "i" in word) for word in rest)
        scripted = [at for at, word in enumerate(rest) if re.fullmatch(r"-[a-z]*[ef]", word)]  # the next word is a program
        files = _files(name, [word for at, word in enumerate(rest) if at - 1 not in scripted])
        return files[0 if scripted else 1 :] if in_place else []
    if name == "dd":
        return [word.removeprefix("of=") for word in rest if word.startswith("of=")]
    files = _files(name, rest)
    return files if name in ALL else files[-1:] if name in LAST and len(files) > 1 else []


def _of_git(words: Sequence[str]) -> list[str]:
    rest = list(words)
    while rest and rest[0].startswith("-"):  # of git itself: -C DIR, -c NAME=VALUE
        rest = rest[2:] if rest[0] in {"-C", "-c"} else rest[1:]
    if not rest:
        return []
    if rest[0] in GIT:
        return _files(rest[0], rest[1:])
    if rest[0] == "checkout" and "--" in rest:
        return rest[rest.index("--") + 1 :]
    return []


def _files(name: str, words: Sequence[str]) -> list[str]:
    """The arguments that are no options."""
    found: list[str] = []
    valued, at = VALUED.get(name, set()), 0
    while at < len(words):
        word = words[at]
        if word == "--":
            return [*found, *words[at + 1 :]]
        if word in valued:
            at += 1
        elif not word.startswith("-"):
            found.append(word)
        at += 1
    return found


def _plain(path: str) -> bool:
    """No variable, no substitution, no descriptor: those are known to the shell alone."""
    return bool(path) and not any(c in path for c in "$`\0") and path not in {"/dev/null", "-"} and not path.isdigit()
