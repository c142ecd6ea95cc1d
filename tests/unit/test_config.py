"""The settings file: what it may say, and for everything else the line, the key and the way out."""

from __future__ import annotations

import re
import stat
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator.boundaries.config import load_policy, parse_policy, write_atomically
from orchestrator.boundaries.starter_config import starter_config
from orchestrator.nouns.errors import ConfigError
from orchestrator.nouns.policy import DecisionPolicy, Effort, Landing, Policy
from orchestrator.nouns.session import Action
from orchestrator.nouns.work import TaskType
from orchestrator.verbs.strict_yaml import dotted, read_strict

NAME = ".televibe/config.yaml"


def refused(text: str) -> ConfigError:
    with pytest.raises(ConfigError) as caught:
        parse_policy(text, NAME)
    assert str(caught.value).startswith(f"{NAME}:")
    assert caught.value.remedy
    assert caught.value.exit_code == 2
    return caught.value


class TestAGoodFile:
    @pytest.mark.parametrize("text", ["", "\n\n", "# only a comment\n", "---\n", "{}\n", "\ufeff# with a byte order mark\n"])
    def test_with_nothing_in_it_means_the_defaults(self, text: str) -> None:
        assert parse_policy(text, NAME) == Policy()

    def test_says_what_the_policy_can_say(self) -> None:
        policy = parse_policy(
            """\
version: 1
agent: scripted
default_branch: no
checks: [make test, "cargo test"]
landing: never
limits: {parallel_jobs: 8, job_minutes: 0.5}
model:
  policy: deterministic
  effort: null
  thresholds: {plan: 1}
  prices:
    my-model: {input: 1, output: 2, cache_read: 0, cache_write: 1.5}
roles:
  - name: painter
    description: colours
    allowed_actions: [read, write_docs]
    task_types: [docs]
    writes: ["*.svg"]
""",
            NAME,
        )
        assert policy.default_branch == "no"  # a branch named no, not False
        assert policy.checks == ("make test", "cargo test")
        assert policy.landing is Landing.never
        assert (policy.limits.parallel_jobs, policy.limits.job_minutes) == (8, 0.5)
        assert policy.model.policy is DecisionPolicy.deterministic
        assert policy.model.effort is None
        assert policy.model.thresholds == {"classify": 0.6, "plan": 1.0, "route": 0.45}
        assert policy.model.price("my-model").output == 2
        assert policy.model.price("claude-haiku-5-5").input == 0.1
        assert policy.roles[0].allowed_actions == (Action.read, Action.write_docs)
        assert policy.roles[0].task_types == (TaskType.docs,)

    @pytest.mark.parametrize("name", ["no", "off", "on", "yes", "y", "2024-01-01", "12:30", "<<", "=", "1.2.3"])
    def test_has_texts_where_yaml_once_saw_something_else(self, name: str) -> None:
        assert parse_policy(f"default_branch: {name}\n", NAME).default_branch == name

    def test_may_come_from_windows(self) -> None:
        assert parse_policy("agent: scripted\r\nversion: 1\r\n", NAME).agent == "scripted"
        assert str(refused("agent: scripted\r\n\r\nagnet: x\r\n")).startswith(f"{NAME}:3: agnet:")


WRONG = [
    # line, what is said, text
    (2, "limits.parallel_jobs: must be at least 1, not 0", "limits:\n  parallel_jobs: 0\n"),
    (2, "limits.parallel_jobs: must be at most 64, not 65", "limits:\n  parallel_jobs: 65\n"),
    (3, "limits.job_minutes: must be more than 0.0, not -1", "# first\nlimits:\n  job_minutes: -1\n"),
    (1, 'limits.parallel_jobs: must be a whole number, not "four"', "limits: {parallel_jobs: four}\n"),
    (2, 'limits.parallel_jobs: must be a whole number, not "4"', "limits:\n  parallel_jobs: '4'\n"),
    (2, "limits.parallel_jobs: must be a whole number, not 4.5", "limits:\n  parallel_jobs: 4.5\n"),
    (2, "limits.parallel_jobs: must be a whole number, not true", "limits:\n  parallel_jobs: true\n"),
    (2, "limits.parallel_jobs: must be a whole number, not nothing", "limits:\n  parallel_jobs:\n"),
    (2, "limits.job_minutes: must be a finite number", "limits:\n  job_minutes: .inf\n"),
    (2, "budget.goal_usd: must be a finite number", "budget:\n  goal_usd: .NaN\n"),
    (1, "budget: must be a mapping of settings, not 5", "budget: 5\n"),
    (1, "default_branch: must be a text (in quotes, if it looks like something else), not 7", "default_branch: 7\n"),
    (1, 'checks: must be a list, such as [one, two], not "pytest"', "checks: pytest\n"),
    (3, "checks[1]: must be a text (in quotes, if it looks like something else), not 3", "checks:\n  - make\n  - 3\n"),
    (2, "landing: must be one of 'auto' or 'never', not \"soon\"", "\nlanding: soon\n"),
    (1, "version: must be at most 1, not 2", "version: 2\n"),
    (1, "branch_prefix: must be a relative branch prefix such as 'televibe/'", "branch_prefix: /x\n"),
    (2, "model.small: must not be empty", "model:\n  small: ''\n"),
    (2, "model.thresholds: must name decisions (classify, plan, route, summarise), not 'rout'", "model:\n  thresholds: {rout: 1}"),
    (3, "model.thresholds.plan: must be at most 1.0, not 2", "model:\n  thresholds:\n    plan: 2\n"),
    (3, "model.prices.x.output: is missing (and 2 more)", "model:\n  prices:\n    x: {input: 1}\n"),
    (
        4,
        "roles[0].allowed_actions[0]: must be one of 'read'",
        "roles:\n- name: a\n  description: b\n  allowed_actions: [fly]\n  task_types: []\n",
    ),
    (2, "roles[0]: a role's name is small letters, digits", "roles:\n- {name: My Role, description: b, allowed_actions: [read]}\n"),
    (2, "roles[0]: a role's name is small letters, digits", "roles:\n- {name: a--b, description: b, allowed_actions: [read]}\n"),
    (
        4,
        "roles[1]: b writes '/etc/*': a glob inside the repository is needed",
        "roles:\n- {name: a, description: b, allowed_actions: [read]}\n\n"
        "- {name: b, description: b, allowed_actions: [write], writes: [/etc/*]}\n",
    ),
    (2, "roles[0]: b writes 'x/../y'", "roles:\n- {name: b, description: b, allowed_actions: [write], writes: [x/../y]}\n"),
    (
        2,
        "roles[0]: b has writes, but none of the actions",
        "roles:\n- {name: b, description: b, allowed_actions: [read], writes: [x]}\n",
    ),
    (2, "roles[0]: b may write, but has no writes", "roles:\n- {name: b, description: b, allowed_actions: [write]}\n"),
    (
        1,
        "roles: the role a is there twice",
        "roles: [{name: a, description: b, allowed_actions: [read]}, {name: a, description: c, allowed_actions: [read]}]\n",
    ),
    (1, "team_prefix: must be a relative branch prefix", "team_prefix: ../x\n"),
    (2, "it is not YAML: found character '\\t' that cannot start any token", "limits:\n\tparallel_jobs: 1\n"),
    (2, "it is not YAML: expected ',' or ']', but got ':'", "checks: [a\nlanding: auto\n"),
    (1, "it is not YAML: mapping values are not allowed here", "agent: a: b\n"),
    (2, "there is a character that YAML does not allow", "agent: a\nlanding: \x07\n"),
    (1, "must be a mapping of settings", "- agent\n"),
    (1, "must be a mapping of settings", "just text\n"),
    (3, "agent: the key is there twice (first in line 1)", "agent: a\nversion: 1\nagent: b\n"),
    (3, "limits.parallel_jobs: the key is there twice", "limits:\n  parallel_jobs: 1\n  parallel_jobs: 2\n"),
    (1, "agent: anchors (&) and aliases (*) are not allowed", "agent: &a x\n"),
    (2, "landing: anchors (&) and aliases (*) are not allowed", "agent: x\nlanding: *a\n"),
    (1, "checks: anchors (&) and aliases (*) are not allowed", "checks: &a [x]\n"),
    (1, "agent: a tag (!) is not allowed", "agent: !!python/object:os.system x\n"),
    (1, "agent: a tag (!) is not allowed", "agent: !!str 1\n"),
    (1, "a line must not begin with %", "%YAML 1.1\n---\nagent: no\n"),
    (3, "a second document begins", "agent: a\n\n---\nagent: b\n"),
    (1, "the file: a key must be a text", "1: a\n"),
    (2, "limits: a key must be a text", "limits:\n  [a]: b\n"),
    (1, "limits.parallel_jobs: that is no number to work with", f"limits: {{parallel_jobs: {'9' * 5000}}}\n"),
    (2, "there are merge conflict markers", "agent: a\n<<<<<<< HEAD\nversion: 1\n=======\nversion: 1\n>>>>>>> b\n"),
    (1, "more than 20 levels are nested", "a: " + "[" * 20_000),
]


class TestABadFile:
    @pytest.mark.parametrize(("line", "said", "text"), WRONG)
    def test_is_refused_with_the_line_and_the_key(self, line: int, said: str, text: str) -> None:
        assert str(refused(text)).startswith(f"{NAME}:{line}: {said}")

    @pytest.mark.parametrize(
        ("line", "key", "remedy", "text"),
        [
            (2, "limits.paralel_jobs", "did you mean 'parallel_jobs'?", "limits:\n  paralel_jobs: 3\n"),
            (1, "agents", "did you mean 'agent'?", "agents: claude\n"),
            (1, "modle", "did you mean 'model'?", "modle: {}\n"),
            (2, "roles[0].wirtes", "did you mean 'writes'?", "roles:\n- wirtes: []\n"),
            (1, "model.prices.x.cache", "did you mean 'cache_read'?", "model: {prices: {x: {cache: 1}}}\n"),
            (1, "colour", "known keys: version, agent, default_branch", "colour: red\n"),
            (1, "budget.zzz", "known keys: goal_usd, day_usd", "budget: {zzz: 1}\n"),
            (1, "<<", "known keys: version", "<<: {agent: a}\n"),
        ],
    )
    def test_with_an_unknown_key_is_told_what_was_meant(self, line: int, key: str, remedy: str, text: str) -> None:
        error = refused(text)
        assert str(error).startswith(f"{NAME}:{line}: {key}: unknown key")
        assert error.remedy.startswith(remedy)

    def test_with_several_faults_names_the_highest(self) -> None:
        error = refused("limits:\n  parallel_jobs: 0\nagnet: x\nlanding: soon\n")
        assert str(error) == f"{NAME}:2: limits.parallel_jobs: must be at least 1, not 0 (and 2 more)"

    def test_that_is_too_large_is_not_even_parsed(self) -> None:
        assert str(refused("# " + "x" * 256_000)).startswith(f"{NAME}: it is 256 kB large")


class TestTheRepositorysFile:
    def test_absent_means_the_defaults(self, tmp_path: Path) -> None:
        assert load_policy(tmp_path) == Policy()

    def test_is_read_from_the_repository(self, tmp_path: Path) -> None:
        write_atomically(tmp_path / NAME, "agent: scripted\n")
        assert load_policy(tmp_path).agent == "scripted"

    def test_is_named_with_its_path(self, tmp_path: Path) -> None:
        write_atomically(tmp_path / NAME, "agent: a\nlimits: {parallel_jobs: 0}\n")
        with pytest.raises(ConfigError) as caught:
            load_policy(tmp_path)
        assert str(caught.value).startswith(f"{tmp_path}/.televibe/config.yaml:2: limits.parallel_jobs:")

    def test_must_be_utf8(self, tmp_path: Path) -> None:
        (tmp_path / ".televibe").mkdir()
        (tmp_path / NAME).write_bytes(b"agent: a\n# caf\xe9\n")
        with pytest.raises(ConfigError, match=r"config\.yaml:2: it is not UTF-8"):
            load_policy(tmp_path)

    def test_of_many_megabytes_is_not_read_to_its_end(self, tmp_path: Path) -> None:
        (tmp_path / ".televibe").mkdir()
        with (tmp_path / NAME).open("wb") as file:
            file.truncate(10_000_000_000)  # sparse
        with pytest.raises(ConfigError, match="256 kB"):
            load_policy(tmp_path)

    def test_that_is_a_directory_is_no_crash(self, tmp_path: Path) -> None:
        (tmp_path / NAME).mkdir(parents=True)
        with pytest.raises(ConfigError, match="cannot be read"):
            load_policy(tmp_path)


class TestTheFirstFile:
    @pytest.mark.parametrize("checks", [(), ("make test",), ("python3 -m pytest -q", 'echo "a: b" # c \\ \u2713')])
    def test_says_what_was_found_and_changes_nothing_else(self, checks: tuple[str, ...]) -> None:
        policy = parse_policy(starter_config("claude", "trunk", checks), NAME)
        assert policy == Policy(agent="claude", default_branch="trunk", checks=checks)

    def test_takes_a_branch_of_any_name(self) -> None:
        for name in ("no", "1.0", "feature/a#b", "käse", "[x"):
            assert parse_policy(starter_config("claude", name, ()), NAME).default_branch == name

    def test_shows_the_defaults_in_its_comments(self) -> None:
        text = starter_config("claude", "main", ())
        uncommented = re.sub(r"^#(?=\w|  )", "", text, flags=re.MULTILINE)
        assert len(re.findall(r"^ *\w+:", uncommented, re.MULTILINE)) > 20
        assert parse_policy(uncommented, NAME) == Policy(default_branch="main")
        assert max(map(len, text.splitlines())) <= 128

    def test_names_every_setting(self) -> None:
        named = re.findall(r"^#?(\w+):|\bthe key (\w+)", starter_config("claude", "main", ()), re.MULTILINE)
        unsaid = set(Policy.model_fields) - {one or other for one, other in named}
        assert unsaid == {"claude"}, "which executable, which model: for who does not want Claude Code's own"


class TestWritingAFile:
    def test_replaces_it_as_a_whole_and_keeps_its_mode(self, tmp_path: Path) -> None:
        file = tmp_path / "new" / "file.yaml"
        write_atomically(file, "one\n")
        file.chmod(0o640)
        write_atomically(file, "zwei \u2713\r\n")
        assert file.read_bytes() == "zwei \u2713\r\n".encode()
        assert stat.S_IMODE(file.stat().st_mode) == 0o640
        assert list(file.parent.iterdir()) == [file]

    def test_leaves_a_symbolic_link_a_link(self, tmp_path: Path) -> None:
        (tmp_path / "real").write_text("old")
        (tmp_path / "link").symlink_to("real")
        write_atomically(tmp_path / "link", "new")
        assert (tmp_path / "link").is_symlink()
        assert (tmp_path / "real").read_text() == "new"

    def test_that_fails_leaves_nothing_behind(self, tmp_path: Path) -> None:
        (tmp_path / "file").mkdir()
        with pytest.raises(OSError, match="file"):
            write_atomically(tmp_path / "file", "text")
        assert list(tmp_path.iterdir()) == [tmp_path / "file"]

    def test_that_cannot_be_encoded_keeps_the_old_one(self, tmp_path: Path) -> None:
        (tmp_path / "file").write_text("old")
        with pytest.raises(UnicodeEncodeError):
            write_atomically(tmp_path / "file", "new \udce9")
        assert (tmp_path / "file").read_text() == "old"
        assert list(tmp_path.iterdir()) == [tmp_path / "file"]


@given(st.text(alphabet=st.characters(codec=None)) | st.text(alphabet="agent: limts\n-[]{}&*!|>'\"%#,?0"))
def test_whatever_stands_in_the_file_it_is_a_policy_or_a_line_with_the_file(text: str) -> None:
    try:
        said = str(parse_policy(text, NAME).version)
    except ConfigError as error:
        said = error.line()
    assert said == "1" or said.startswith(f"{NAME}:")


def test_lines_of_keys_and_items_are_known() -> None:
    read = read_strict("a:\n  - x\n  - b: 1\n    c: |\n      two\n      lines\nd: 2\n", "f")
    assert read.value == {"a": ["x", {"b": 1, "c": "two\nlines\n"}], "d": 2}
    assert [read.line(p) for p in [("a",), ("a", 1), ("a", 1, "c"), ("d",), ("a", 9, "z")]] == [1, 3, 4, 7, 1]
    assert dotted(("a", 1, "c")) == "a[1].c"


def test_the_effort_of_the_model_can_be_set() -> None:
    assert parse_policy("model: {effort: high}", NAME).model.effort is Effort.high
