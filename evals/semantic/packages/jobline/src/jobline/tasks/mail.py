"""Mail that is sent later."""

from ..registry import task

SENT: list[tuple[str, str]] = []


@task("mail.send")
def send(to: str, subject: str = "(no subject)") -> str:
    SENT.append((to, subject))
    return to
