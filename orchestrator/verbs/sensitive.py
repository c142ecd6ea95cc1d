"""Sensitive files: what agents or tools execute or obey as soon as it is there. Such a change lands only on the user's word."""

from __future__ import annotations

from collections.abc import Iterable

from orchestrator.verbs.rights import matches

EXECUTED = (
    # instructions and settings of coding agents
    "**/.claude/**", "**/.mcp.json", "**/CLAUDE.md", "**/CLAUDE.local.md", "**/AGENTS.md", "**/AGENTS.override.md", "**/GEMINI.md",
    "**/.codex/**", "**/.gemini/**", "**/.cursor/**", "**/.cursorrules", "**/.windsurf/**", "**/.windsurfrules", "**/.clinerules",
    "**/.clinerules/**", "**/.aider.conf.yml", "**/.opencode/**", "**/opencode.json", "**/.continue/**", "**/.roo/**",
    # continuous integration
    ".github/**", ".gitlab-ci.yml", ".gitlab/**", ".circleci/**", ".travis.yml", "Jenkinsfile", "azure-pipelines.yml",
    "bitbucket-pipelines.yml", ".drone.yml", ".buildkite/**", ".woodpecker.yml", ".woodpecker/**", ".forgejo/**", ".gitea/**", ".ci/**",
    # what git itself, its hooks and editors run
    "**/.gitattributes", ".gitmodules", "**/.gitconfig", "**/.husky/**", ".githooks/**", ".pre-commit-config.yaml",
    ".pre-commit-hooks.yaml", "lefthook.yml", "**/.lefthook/**", "**/.vscode/tasks.json", "**/.vscode/settings.json",
    "**/.vscode/launch.json", "**/.idea/runConfigurations/**", "**/.devcontainer/**", "**/.devcontainer.json", "**/.envrc",
    # ours: the checks themselves are in there
    ".televibe/config.yaml", ".televibe/workflows/**",
)  # fmt: skip
"""Globs, as roles have them. Compared without case: on some file systems ``claude.md`` is ``CLAUDE.md``."""


def sensitive_among(paths: Iterable[str], more: Iterable[str] = ()) -> tuple[str, ...]:
    """Those of the paths that need the user's word, sorted; ``more`` are globs of the project's own."""
    globs = [glob.lower() for glob in (*EXECUTED, *more)]
    return tuple(sorted(path for path in set(paths) if any(matches(glob, path.lower()) for glob in globs)))
