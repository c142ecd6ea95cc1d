"""A workflow file: what it says, for everything that is wrong the line, the column and the way out, and the templates."""

from __future__ import annotations

import json
import re
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from ruamel.yaml import YAML

from orchestrator.boundaries.workflow_files import template_names, template_text, workflow_text
from orchestrator.nouns.errors import ConfigError, Unknown, UsageError
from orchestrator.nouns.flow import OnComplete, OnFailure, Outcome, Stage, Workflow
from orchestrator.nouns.session import SessionState
from orchestrator.verbs.roles import role_table
from orchestrator.verbs.workflow.fill import filled
from orchestrator.verbs.workflow.order import circle, in_order, layers
from orchestrator.verbs.workflow.read import examine, read_workflow
from orchestrator.verbs.workflow.schema import workflow_schema
from orchestrator.verbs.workflow.tasks import tasks_of_workflow
from orchestrator.verbs.workflow.validate import Known

DOCS = Path(__file__).parents[2] / "docs"
SESSIONS = {"S1": SessionState.idle, "S2": SessionState.closed, "S3": SessionState.stopped}
KNOWN = Known(sessions=SESSIONS)

FULL = """\
# yaml-language-server: $schema=workflow.schema.json
name: release
description: Everything that a file can say
goal: Ship the exporter
agent: scripted
timeout: 2h
retries: 1
rounds: 3
on_failure: proceed
stages:
  - {stage_id: build, role: implementer, instruction: "{goal}", files: ["src/**", docs]}
  - stage_id: review
    session: S1
    title: A second pair of eyes
    needs: build
    rework: build
    timeout: 90s
    instruction: Review it
  - stage_id: mend
    needs: [build, review]
    when: {review: changes_wanted, build: [done, failed]}
    retries: 0
    on_failure: wait
    instruction: Fix what the review found
  - {stage_id: tell, role: reviewer, needs: [mend], on_complete: notify, timeout: 1.5, instruction: Tell everybody}
"""


def stages(*lines: str) -> str:
    """A file with one stage on each line, which begins in column 6 as the YAML of a stage."""
    return "stages:\n" + "".join(f"  - {{{line}}}\n" for line in lines)


def refused(text: str, known: Known = KNOWN) -> ConfigError:
    with pytest.raises(ConfigError) as caught:
        read_workflow(text, "flow.yaml", known)
    assert str(caught.value).startswith("flow.yaml:")
    assert "\n" not in caught.value.line()
    assert caught.value.remedy
    assert caught.value.exit_code == 2
    return caught.value


class TestAGoodFile:
    def test_says_what_a_workflow_can_say(self) -> None:
        flow = read_workflow(FULL, "flow.yaml", KNOWN)
        assert (flow.name, flow.goal, flow.agent) == ("release", "Ship the exporter", "scripted")
        build, review, mend, tell = flow.stages
        assert (build.timeout_minutes, build.retries, build.on_failure, build.files) == (
            120.0,
            1,
            OnFailure.proceed,
            ("src/**", "docs"),
        )
        assert (review.session, review.rework, review.rounds, review.needs) == ("S1", "build", 3, ("build",))
        assert (review.timeout_minutes, tell.timeout_minutes) == (1.5, 1.5)
        assert mend.when == {"review": (Outcome.changes_wanted,), "build": (Outcome.done, Outcome.failed)}
        assert (mend.retries, mend.on_failure) == (0, OnFailure.wait)

    def test_needs_little(self) -> None:
        flow = read_workflow(stages("stage_id: a, instruction: do it"), "dir/nightly.yaml", Known())
        assert (flow.name, flow.stages) == ("nightly", (Stage(stage_id="a", instruction="do it"),))

    def test_that_names_sessions_is_read_where_nobody_knows_them(self) -> None:
        assert read_workflow(stages("stage_id: a, session: S99, instruction: x"), "f.yaml", Known()).stages[0].session == "S99"

    @pytest.mark.parametrize(("said", "minutes"), [("30m", 30), ("2h", 120), ("90s", 1.5), ("'1.5 h'", 90), ("45", 45), ("0.5", 0.5)])
    def test_says_times_as_people_do(self, said: str, minutes: float) -> None:
        flow = read_workflow(stages(f"stage_id: a, instruction: x, timeout: {said}"), "f.yaml", Known())
        assert flow.stages[0].timeout_minutes == minutes


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("", "flow.yaml:1:1: must be a mapping with stages, not nothing"),
        ("- a\n", "flow.yaml:1:1: must be a mapping with stages, not a list"),
        ("name: x\n", "flow.yaml:1:1: stages: is missing"),
        ("stages: []\n", "flow.yaml:1:1: stages: must be a list of stages, not empty"),
        ("stages: {a: b}\n", "flow.yaml:1:1: stages: must be a list of stages, not a mapping"),
        ("stages:\n  - build\n", 'flow.yaml:2:5: a stage must be a mapping, not "build"'),
        ("naem: x\n" + stages("stage_id: a, instruction: x"), "flow.yaml:1:1: naem: unknown key — did you mean 'name'?"),
        ("agent: cluade\n" + stages("stage_id: a, instruction: x"),
         "flow.yaml:1:1: there is no agent kind 'cluade' — did you mean 'claude'?"),
        (stages("stage_id: a, instruction: x, need: b"), "flow.yaml:2:35: need: unknown key — did you mean 'needs'?"),
        (stages("stage_id: a, instruction: x, zzz: b"), "flow.yaml:2:35: zzz: unknown key — known keys: stage_id, title"),
        (stages("stage_id: a"), "flow.yaml:2:5: a has no instruction — add what its agent is told"),
        (stages("instruction: x"), "flow.yaml:2:5: stage 1 has no stage_id — add a name"),
        (stages("stage_id: a, instruction: '  '"), "flow.yaml:2:19: instruction: is empty"),
        (stages("stage_id: a, instruction: 7"), "flow.yaml:2:19: instruction: must be a text, not 7"),
        (stages('stage_id: a, instruction: "\\e[2J"'), "flow.yaml:2:19: instruction: contains '\\x1b', which is not text"),
        (stages("stage_id: 1a, instruction: x"), 'flow.yaml:2:6: stage_id: "1a" is not a stage\'s id'),
        (stages(f"stage_id: {'a' * 41}, instruction: x"), "flow.yaml:2:6: stage_id:"),
        (stages("stage_id: a, instruction: x", "stage_id: a, instruction: y"), "flow.yaml:3:6: a is there twice (first as stage 1)"),
        (stages("stage_id: a, instruction: x, role: tester, session: S1"), "flow.yaml:2:49: a has both a session and a role"),
        (stages("stage_id: a, instruction: x, role: revewer"), "flow.yaml:2:35: there is no role 'revewer' — did you mean 'reviewer'?"),
        (stages("stage_id: a, instruction: x, session: S9"), "flow.yaml:2:35: there is no session S9"),
        (stages("stage_id: a, instruction: x, session: S2"), "flow.yaml:2:35: session S2 is closed"),
        (stages("stage_id: a, instruction: x, session: S3"),
         "flow.yaml:2:35: session S3 is stopped — `televibe session resume S3` first"),
        (stages("stage_id: a, instruction: x, session: ada"), "flow.yaml:2:35: 'ada' is not a session"),
        (stages("stage_id: build, instruction: x", "stage_id: b, instruction: x, needs: [build, biuld]"),
         "flow.yaml:3:50: b needs biuld, which is no stage — did you mean 'build'?"),
        (stages("stage_id: a, instruction: x, needs: b", "stage_id: b, instruction: x, needs: [a]"),
         "flow.yaml:2:35: the stages wait for each other: a → b → a — remove one of the needs"),
        (stages("stage_id: a, instruction: x, needs: a"), "flow.yaml:2:35: the stages wait for each other: a → a"),
        (stages("stage_id: a, instruction: x", "stage_id: b, instruction: x, when: {a: done}"),
         "flow.yaml:3:42: when of b names a, which does not come before it — add a to its needs"),
        (stages("stage_id: a, instruction: x, when: {c: done}"), "flow.yaml:2:42: when of a names c, which is no stage"),
        (stages("stage_id: a, instruction: x, when: {c: well}"), 'flow.yaml:2:35: when: must be one of done, approved, changes_wanted'),
        (stages("stage_id: a, instruction: x, when: done"), "flow.yaml:2:35: when: must say how a stage ended, not \"done\""),
        (stages("stage_id: a, instruction: x", "stage_id: b, instruction: x, rework: a"),
         "flow.yaml:3:35: rework of b names a, which does not come before it"),
        (stages("stage_id: a, instruction: x, rework: a"),
         "flow.yaml:2:35: rework of a names a, which does not come before it — name another"),
        (stages("stage_id: a, instruction: x, rounds: 2"), "flow.yaml:2:35: a has rounds, and no rework"),
        (stages("stage_id: a, instruction: x, retries: 1.5"), "flow.yaml:2:35: retries: must be a whole number from 0 to 9, not 1.5"),
        (stages("stage_id: a, instruction: x, retries: true"), "flow.yaml:2:35: retries: must be a whole number from 0 to 9, not true"),
        (stages("stage_id: a, instruction: x, timeout: soon"), "flow.yaml:2:35: timeout: must be a time such as 30m, 2h, 90s"),
        (stages("stage_id: a, instruction: x, timeout: 0"), "flow.yaml:2:35: timeout: must be more than nothing"),
        (stages("stage_id: a, instruction: x, timeout: 999999h"),
         "flow.yaml:2:35: timeout: must be more than nothing and at most seven days"),
        (stages("stage_id: a, instruction: x, on_complete: marge"),
         "flow.yaml:2:35: on_complete: must be one of handoff, merge, notify"),
        (stages("stage_id: a, instruction: x, needs: [b, b]"), "flow.yaml:2:35: needs: b is there twice"),
        (stages("stage_id: a, instruction: x, each: part"),
         "flow.yaml:2:19: a is there for each part, and its instruction does not say which"),
        (stages("stage_id: a, instruction: 'do {part}'"), "flow.yaml:2:19: a speaks of {part}, and is there only once"),
        (stages("stage_id: a, instruction: '{part}', each: part", "stage_id: b, needs: a, rework: a, instruction: x"),
         "flow.yaml:3:29: rework of b names a, of which there is one for each part"),
        (stages("stage_id: a, instruction: '{part}', each: part", "stage_id: a-2, instruction: x"),
         "flow.yaml:3:6: a-2 is what a part of a will be called"),
        ("stages: &x [*x]\n", "flow.yaml:1:9: stages: anchors (&) and aliases (*) are not allowed"),
        ("name: a\nname: b\n", "flow.yaml:2:1: name: the key is there twice (first in line 1)"),
        ("stages: [\n", "flow.yaml:2:1: it is not YAML"),
        ("<<<<<<< ours\n", "flow.yaml:1:1: there are merge conflict markers"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said_in_one_line_with_its_place(text: str, line: str) -> None:
    assert refused(text).line().startswith(line)


def test_every_fault_is_found_and_the_first_one_counts_the_others() -> None:
    text = stages("stage_id: a, instruction: x, role: nobody", "stage_id: b, instruction: x, needs: [c]", "stage_id: b, instruction: y")
    faults = examine(text, "flow.yaml", KNOWN).faults
    assert [(fault.line, fault.column) for fault in faults] == [(2, 35), (3, 43), (4, 6)]
    assert "(and 2 more: `televibe workflow check` lists them)" in str(refused(text))


@given(st.text(max_size=200))
def test_whatever_the_text_there_is_a_workflow_or_a_line(text: str) -> None:
    try:
        lines = [one.said("flow.yaml") for one in examine(text, "flow.yaml", KNOWN).faults]
    except ConfigError as error:
        lines = [error.line()]
    assert all(line.startswith("flow.yaml:") for line in lines)


class TestOrder:
    def test_a_circle_far_behind_is_named_as_it_runs(self) -> None:
        needs = {"start": [], "a": ["start", "c"], "b": ["a"], "c": ["b"], "end": ["c"]}
        assert circle(needs) == ["a", "b", "c", "a"]
        assert circle({"a": ["b"], "b": [], "c": ["a", "b"]}) == []

    @given(st.dictionaries(st.sampled_from("abcdefgh"), st.lists(st.sampled_from("abcdefgh"), unique=True)))
    def test_there_is_a_circle_or_an_order(self, needs: dict[str, list[str]]) -> None:
        found = circle(needs)
        if found:
            assert found[0] == found[-1]
            assert all(earlier in needs[later] for earlier, later in pairwise(found))
        else:
            order = in_order(needs)
            assert sorted(order) == sorted(needs)
            assert all(order.index(one) < order.index(name) for name in needs for one in needs[name] if one in needs)

    def test_a_chain_of_a_thousand_is_no_trouble(self) -> None:
        needs = {f"s{n}": [f"s{n + 1}"] if n < 999 else [] for n in range(1000)}
        assert in_order(needs) == [f"s{n}" for n in reversed(range(1000))]
        assert circle({**needs, "s999": ["s0"]})[0] == "s0"

    def test_what_can_go_together_is_a_layer(self) -> None:
        assert layers({"end": ["a", "b"], "a": [], "b": ["x"], "x": []}) == [["a", "x"], ["b"], ["end"]]


class TestFillingIn:
    def test_the_goal_goes_into_the_instructions_once(self) -> None:
        flow = filled(read_workflow(FULL, "f.yaml", KNOWN), "say {goal} and {part}")
        assert flow.stages[0].instruction == "say {goal} and {part}"
        assert filled(read_workflow(FULL, "f.yaml", KNOWN)).stages[0].instruction == "Ship the exporter"

    def test_what_nobody_needs_brings_its_work_home(self) -> None:
        flow = filled(read_workflow(FULL, "f.yaml", KNOWN))
        assert [one.on_complete for one in flow.stages] == [
            OnComplete.handoff,
            OnComplete.handoff,
            OnComplete.handoff,
            OnComplete.notify,
        ]
        alone = filled(read_workflow(stages("stage_id: a, instruction: x"), "f.yaml", KNOWN))
        assert alone.stages[0].on_complete is OnComplete.merge

    def test_a_goal_that_is_asked_for_is_missed(self) -> None:
        flow = read_workflow(template_text("tdd"), "tdd", KNOWN)
        with pytest.raises(UsageError, match="the workflow tdd needs a goal"):
            filled(flow)
        with pytest.raises(UsageError, match="does not work in parts"):
            filled(flow, "Add login", ["one"])

    def test_parts_are_stages_beside_each_other(self) -> None:
        text = stages(
            "stage_id: build, each: part, role: implementer, instruction: '{part} of {goal}'",
            "stage_id: try, each: part, role: tester, needs: build, rework: build, when: {build: done}, instruction: 'test {part}'",
            "stage_id: join, role: integrator, needs: try, when: {build: done}, instruction: join",
        )
        flow = filled(read_workflow(text, "f.yaml", KNOWN), "all of it", ["A {goal}", "B"])
        assert [(one.stage_id, one.needs, one.rework, list(one.when)) for one in flow.stages] == [
            ("build-1", (), None, []),
            ("build-2", (), None, []),
            ("try-1", ("build-1",), "build-1", ["build-1"]),
            ("try-2", ("build-2",), "build-2", ["build-2"]),
            ("join", ("try-1", "try-2"), None, ["build-1", "build-2"]),
        ]
        assert flow.stages[0].instruction == "A {goal} of all of it"
        assert flow.stages[1].title == "B"

    def test_parts_that_nobody_names_are_found_in_the_goal(self) -> None:
        flow = read_workflow(template_text("parallel-integrate"), "f.yaml", KNOWN)
        assert filled(flow, "Add accounts, and add payments; review and test it").parts == ("Add accounts", "add payments")
        assert filled(flow, "Add accounts").parts == ("Add accounts",)
        assert filled(flow, parts=["one", "two"]).goal == "one; two"
        with pytest.raises(UsageError, match="there are none"):
            filled(flow)

    @given(
        st.lists(st.text(st.characters(codec="utf-8", exclude_categories=["C"]), min_size=1).filter(str.strip), min_size=1, max_size=30)
    )
    def test_whatever_the_parts_the_stages_fit_together(self, parts: list[str]) -> None:
        flow = filled(read_workflow(template_text("parallel-integrate"), "f.yaml", KNOWN), "g", parts)
        ids = [one.stage_id for one in flow.stages]
        assert flow.stages[-1].needs == tuple(ids[:-1])
        assert len(tasks_of_workflow(flow, "G1", role_table(), {})) == len(parts) + 1


def test_stages_become_tasks_with_predecessors_first() -> None:
    text = stages(
        "stage_id: last, session: S1, needs: [b, a], instruction: x",
        "stage_id: b, needs: a, instruction: Write unit tests for the cart",
        "stage_id: a, role: implementer, instruction: fix the crash, title: Mend it",
        "stage_id: lead, role: orchestrator, instruction: Review everything",
    )
    found = tasks_of_workflow(filled(read_workflow(text, "f.yaml", KNOWN)), "G1", role_table(), {"S1": "security"})
    assert [(t.id, t.position, t.type.value, t.role, t.session_id, t.pinned) for t in found] == [
        ("a", 1, "implement", "implementer", None, False),
        ("lead", 2, "review", "orchestrator", None, False),
        ("b", 3, "test", "tester", None, False),
        ("last", 4, "security", "security", "S1", True),
    ]
    assert [(t.title, t.on_complete.value) for t in found][:2] == [("Mend it", "handoff"), ("Review everything", "merge")]


class TestTemplates:
    def test_there_are_five(self) -> None:
        assert template_names() == ["implement-review-test", "parallel-integrate", "refactor-safely", "security-gate", "tdd"]

    @pytest.mark.parametrize("name", template_names())
    def test_each_can_be_run_and_keeps_to_the_schema(self, name: str) -> None:
        text = template_text(name)
        assert text.startswith("# yaml-language-server: $schema=")
        flow = read_workflow(text, name, KNOWN)
        assert flow.name == name
        assert flow.description
        tasks = tasks_of_workflow(filled(flow, "Add login and add payments"), "G1", role_table(), {})
        assert [t.id for t in tasks if t.on_complete is OnComplete.merge] == [tasks[-1].id], "it lands once, at the end"
        assert faults_of_schema(text) == []

    def test_a_review_bounces_twice_at_most(self) -> None:
        review = read_workflow(template_text("implement-review-test"), "f", KNOWN).stages[1]
        assert (review.rework, review.rounds) == ("implement", 2)

    def test_a_misspelt_one_is_told_the_right_one(self, tmp_path: Path) -> None:
        with pytest.raises(Unknown) as caught:
            workflow_text("security-gat")
        assert "did you mean 'security-gate'?" in caught.value.line()
        with pytest.raises(Unknown, match="there is no file"):
            workflow_text(str(tmp_path / "flow.yaml"))
        with pytest.raises(ConfigError, match="it cannot be read: Is a directory"):
            workflow_text(str(tmp_path))


def faults_of_schema(text: str) -> list[str]:
    value = YAML(typ="safe", pure=True).load(text)
    return [error.message for error in Draft202012Validator(workflow_schema()).iter_errors(value)]


def test_the_example_of_the_readme_can_be_run() -> None:
    [example] = re.findall(r"```yaml\n(# yaml-language-server.*?)```", (DOCS.parent / "README.md").read_text(), re.DOTALL)
    flow = filled(read_workflow(example, "README.md", KNOWN))
    assert [stage.stage_id for stage in flow.stages] == ["collect", "review", "mend"]
    assert faults_of_schema(example) == []


class TestSchema:
    def test_the_copy_in_docs_is_what_the_command_prints(self) -> None:
        assert json.loads((DOCS / "workflow.schema.json").read_text()) == workflow_schema()

    def test_is_a_schema_that_takes_what_we_take(self) -> None:
        Draft202012Validator.check_schema(workflow_schema())
        assert faults_of_schema(FULL) == []

    @pytest.mark.parametrize(
        "text",
        [
            "{}",
            "stages: []",
            stages("stage_id: a"),
            stages("stage_id: 1, instruction: x"),
            stages("stage_id: a, instruction: x, need: b"),
            stages("stage_id: a, instruction: x, role: tester, session: S1"),
            stages("stage_id: a, instruction: x, timeout: soon"),
            stages("stage_id: a, instruction: x, when: {b: well}"),
            stages("stage_id: a, instruction: x, rounds: 2"),
            stages("stage_id: a, instruction: x, on_complete: marge"),
            stages("stage_id: a, instruction: x, retries: 10"),
            stages("stage_id: a, instruction: x, each: goal"),
        ],
    )
    def test_refuses_what_we_refuse(self, text: str) -> None:
        assert faults_of_schema(text)
        refused(text)


def test_a_workflow_is_a_value() -> None:
    flow = read_workflow(FULL, "f.yaml", KNOWN)
    assert Workflow.model_validate_json(flow.model_dump_json()) == flow
