"""``python -m jobline.cli push numbers.sum values=1,2``."""

from __future__ import annotations

import sys

from .clock import pretty
from .queue import Queue
from .retry import Growing, schedule_of
from .settings import read_settings
from .stores import open_store
from .worker import Worker


def parse_value(text: str):
    return [int(part) for part in text.split(",")] if "," in text else text


def do_push(words: list[str]) -> str:
    worker = Worker(Queue(open_store(read_settings({}).store)))
    payload = dict(word.split("=", 1) for word in words[1:])
    worker.queue.push(words[0], **{key: parse_value(value) for key, value in payload.items()})
    ended = worker.step()
    return f"{ended.task} {ended.state.value}"


def do_schedule(words: list[str]) -> str:
    return " ".join(pretty(seconds) for seconds in schedule_of(Growing(30)))


COMMANDS = {"push": do_push, "schedule": do_schedule}


def main(words: list[str]) -> int:
    if not words or words[0] not in COMMANDS:
        print(f"one of: {', '.join(COMMANDS)}", file=sys.stderr)
        return 2
    print(COMMANDS[words[0]](words[1:]))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
