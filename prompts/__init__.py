"""Prompts are files: one strict YAML document each, rendered strictly; what people and programs wrote is fenced off as data.

The system text of a prompt has no variables: it is the same for every call, so that it can be cached. The user text is a Jinja2
template. A value that was written by a user, a session or a repository goes through the ``data`` filter, which puts it between
two lines that carry a random nonce; the system text says that nothing between such lines is an instruction.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from jinja2.sandbox import SandboxedEnvironment

NAMES = ("classify", "plan", "route", "summarise")
KEYS = {"name", "system", "user", "variables"}
NONCE = "nonce"


class PromptError(Exception):
    """A prompt file, or what a caller put into it, is not right: a mistake in the program, never in what a user wrote."""


@dataclass(frozen=True)
class Rendered:
    """What is sent: the system text (always the same for one prompt) and the user text."""

    system: str
    user: str


@dataclass(frozen=True)
class Prompt:
    """One prompt file. ``hash`` is the first 12 hex digits of the sha256 of its bytes."""

    name: str
    system: str
    user: str  # Jinja2 template
    variables: tuple[str, ...]
    hash: str

    @property
    def version(self) -> str:
        """``name@hash``: stored with every result that the prompt produced."""
        return f"{self.name}@{self.hash}"

    def render(self, variables: Mapping[str, Any], *, nonce: str | None = None) -> Rendered:
        """The texts with exactly these ``variables``; ``PromptError`` when one is missing or unknown.

        ``nonce`` is random unless a test gives one.
        """
        from jinja2 import TemplateError

        if wrong := set(variables) ^ set(self.variables):
            missing, unknown = sorted(wrong & set(self.variables)), sorted(wrong - set(self.variables))
            raise PromptError(f"prompt {self.name}: missing {missing}, unknown {unknown}")
        try:
            user = _environment().from_string(self.user).render(**variables, nonce=nonce or secrets.token_hex(8))
        except TemplateError as error:
            raise PromptError(f"prompt {self.name}: {error}") from error
        return Rendered(system=self.system.strip(), user=user.strip())


@cache
def load(name: str) -> Prompt:
    """The prompt of a name; ``PromptError`` when there is none, or the file breaks the rules above."""
    if name not in NAMES:
        raise PromptError(f"there is no prompt {name!r}; prompts: {', '.join(NAMES)}")
    return parse(name, files(__package__).joinpath(f"{name}.yaml").read_bytes())


def parse(name: str, content: bytes) -> Prompt:
    """A prompt from the bytes of its file: exactly the four keys, and exactly the variables that its template uses."""
    from jinja2 import TemplateSyntaxError, meta
    from ruamel.yaml import YAML
    from ruamel.yaml.error import YAMLError

    try:
        read = YAML(typ="safe", pure=True).load(content)
    except YAMLError as error:
        raise PromptError(f"prompt {name}: {error}") from error
    if not isinstance(read, dict) or set(read) != KEYS:
        raise PromptError(f"prompt {name}: keys must be exactly {sorted(KEYS)}")
    if read["name"] != name or not all(isinstance(v, str) for v in (read["system"], read["user"], *read["variables"])):
        raise PromptError(f"prompt {name}: name, system and user are texts, variables a list of names")
    try:
        used = meta.find_undeclared_variables(_environment().parse(read["user"])) - {NONCE}
    except TemplateSyntaxError as error:
        raise PromptError(f"prompt {name}: {error}") from error
    if used != set(read["variables"]):
        raise PromptError(f"prompt {name}: it uses {sorted(used)} and declares {sorted(read['variables'])}")
    return Prompt(name, read["system"], read["user"], tuple(read["variables"]), hashlib.sha256(content).hexdigest()[:12])


@cache
def _environment() -> SandboxedEnvironment:
    from jinja2 import StrictUndefined, pass_context
    from jinja2.sandbox import SandboxedEnvironment

    environment = SandboxedEnvironment(undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True, autoescape=False)
    environment.filters["data"] = pass_context(lambda context, text, what: fence(str(text), what, context[NONCE]))
    environment.filters["clip"] = clip
    return environment


def fence(text: str, what: str, nonce: str) -> str:
    """``text`` between two lines that nobody else can have written, because nobody else knows the nonce."""
    text = text.encode("utf-8", "replace").decode("utf-8")  # file names of other encodings carry lone surrogates
    text = text.replace(nonce, "…")  # 64 random bits: whoever wrote them had seen them
    return f"<<<{what} {nonce}\n{text}\n{nonce} {what}>>>"


def clip(text: str, characters: int) -> str:
    """``text``, or its beginning and end with a note of how much is left out between them."""
    if len(text) <= characters:
        return text
    head, tail = characters * 2 // 3, characters // 3
    return f"{text[:head]}\n[… {len(text) - head - tail} characters left out …]\n{text[-tail:]}"
