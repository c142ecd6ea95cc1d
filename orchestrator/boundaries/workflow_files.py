"""Workflow files: their texts, from the user's disk or from the templates that are shipped with the program."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

from orchestrator.nouns.errors import ConfigError, Unknown
from orchestrator.verbs.near import meant
from orchestrator.verbs.strict_yaml import MAX_BYTES, decode

SUFFIXES = (".yaml", ".yml")
SCHEMA_LINE = "# yaml-language-server: $schema=workflow.schema.json"
"""First line of a template as a user gets it: the schema lies beside it. In our repository it is elsewhere."""


def template_names() -> list[str]:
    """The built-in templates, by name."""
    return sorted(one.name.removesuffix(".yaml") for one in _shipped().iterdir() if one.name.endswith(".yaml"))


def template_text(name: str) -> str:
    """A template's text; ``Unknown`` names the nearest one."""
    if name not in template_names():
        raise Unknown(f"there is no workflow template {name!r}", meant(name, template_names(), listed="templates"))
    _, _, rest = (_shipped() / f"{name}.yaml").read_text(encoding="utf-8").partition("\n")
    return f"{SCHEMA_LINE}\n{rest}"


def workflow_text(named: str) -> tuple[str, str]:
    """(text, name for errors) of a file or a template. What has a slash or ends with .yaml is a file; a bare word is a template, or
    a file if there is one of that name."""
    path = Path(named)
    if named in template_names():
        return template_text(named), named
    if not (path.name != named or path.suffix in SUFFIXES or path.exists()):
        remedy = meant(named, template_names(), listed="templates")
        raise Unknown(f"there is no workflow file or template {named!r}", f"{remedy}; a file is named with its .yaml")
    try:
        with path.open("rb") as file:
            content = file.read(MAX_BYTES + 1)
    except FileNotFoundError:
        raise Unknown(f"there is no file {named}", f"templates: {', '.join(template_names())}") from None
    except (OSError, ValueError) as error:
        said = error.strerror if isinstance(error, OSError) else str(error)
        raise ConfigError(f"{named}: it cannot be read: {said}", "make it a readable file") from error
    return decode(content, named), named


def _shipped() -> Path:
    return Path(str(files("orchestrator"))) / "workflows"
