"""Run by Claude Code before each edit: asks the engine whether it may be made, and refuses it when nobody answers.

A program of its own (``python -I -S -E edit_hook.py PORT``), started for every edit and command of an agent. So it imports nothing
of ours and nothing that takes long: no ``json``, no ``http.client``, no ``socket``. What Claude Code says on standard input is sent
as it is, and the engine's answer is printed as it is. The token comes from the environment: everybody may read a command line.

Exit 0 and nothing printed: it may. Exit 0 and Claude Code's own words printed: refused, with the reason. Exit 2: refused, for nobody
could be asked; the reason is on stderr, where Claude Code's model reads it. What kills it makes the shell around it exit with 2 too.
"""

import os
import sys
from _signal import alarm  # type: ignore[import-not-found]  # what ``signal`` is made of, without its enums
from _socket import AF_INET, SOCK_STREAM, socket

SECONDS = 10
"""For all of it. Claude Code waits longer than that, and would go on with the edit when it has waited long enough."""
PERMIT = b"permit"
DENY = b'{"hookSpecificOutput"'


def main() -> int:
    alarm(SECONDS)
    try:
        answer = asked(int(sys.argv[1]), os.environ["TELEVIBE_TOKEN"], sys.stdin.buffer.read())
    except (OSError, ValueError, KeyError, IndexError) as error:
        return refused(f"TeleVibe could not be asked ({type(error).__name__}: {error})")
    head, _, body = answer.partition(b"\r\n\r\n")
    if head.split(b" ", 2)[1:2] != [b"200"]:
        return refused(f"TeleVibe did not say yes: {body[:400].decode(errors='replace') or 'it said nothing'}")
    if body == PERMIT:
        return 0
    if not body.startswith(DENY):
        return refused("TeleVibe's answer could not be read")
    sys.stdout.buffer.write(body)
    return 0


def asked(port: int, token: str, question: bytes) -> bytes:
    """The whole answer. ``OSError`` when there is none."""
    connection = socket(AF_INET, SOCK_STREAM)
    connection.settimeout(SECONDS)
    connection.connect(("127.0.0.1", port))
    head = f"POST /hooks/edit HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nAuthorization: Bearer {token}\r\nConnection: close\r\n"
    connection.sendall(f"{head}Content-Type: application/json\r\nContent-Length: {len(question)}\r\n\r\n".encode() + question)
    parts = []
    while part := connection.recv(65_536):
        parts.append(part)
    return b"".join(parts)


def refused(why: str) -> int:
    sys.stderr.write(f"LOCKED: {why}. Nothing is edited that cannot be checked: try again in a while, or end and say so.\n")
    return 2


if __name__ == "__main__":
    sys.exit(main())
