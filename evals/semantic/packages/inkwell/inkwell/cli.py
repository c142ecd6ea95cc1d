"""``python -m inkwell.cli html < text``."""

from __future__ import annotations

import argparse
import sys

from . import Document, render_html, render_text
from .toc import contents


def build_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="inkwell")
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("html")
    commands.add_parser("text")
    commands.add_parser("toc").add_argument("--depth", type=int, default=3)
    return parser


def run(words: list[str], source: str) -> str:
    given = build_parser().parse_args(words)
    document = Document(source)
    if given.command == "html":
        return render_html(document.tree)
    if given.command == "text":
        return render_text(document.tree)
    return contents(document, given.depth)


if __name__ == "__main__":
    print(run(sys.argv[1:], sys.stdin.read()))
