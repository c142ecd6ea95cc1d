"""Deciding, in stories: what kind of work, which tasks in which order, who does it, what the user's words change."""

from __future__ import annotations

import subprocess
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from orchestrator.nouns.deciding import Candidate
from orchestrator.nouns.errors import NotReady, UsageError
from orchestrator.nouns.repo import RepoState
from orchestrator.nouns.session import Action, Role, Session, SessionState
from orchestrator.nouns.work import Task, TaskState, TaskType
from orchestrator.verbs.advance import Progress, turn
from orchestrator.verbs.branches import branch_for, check_branch_name, numbered, taken_by
from orchestrator.verbs.classify import classify
from orchestrator.verbs.converse import Answer, AskAbout, Command, Decide, Flow, NewGoal, Reply, Tell, understand_line
from orchestrator.verbs.edit_plan import Approve, Deny, Edit, answer_of, edit
from orchestrator.verbs.plan import check_draft, plan, tasks_of
from orchestrator.verbs.preflight import preflight
from orchestrator.verbs.recommend import recommend
from orchestrator.verbs.rights import CONTEXT, may_call, may_write
from orchestrator.verbs.roles import role_for, role_table

ROLES = role_table()
NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
DEMO = "Add user accounts with login, and card payments that require a logged-in user; review and test it"


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("Add a dark mode to the settings page", TaskType.implement),
        ("fix(parser): empty input", TaskType.fix),
        ("The export crashes when a name has an umlaut", TaskType.fix),
        ("Please refactor the billing module into smaller classes", TaskType.refactor),
        ("Write unit tests for the scheduler", TaskType.test),
        ("Review the changes on feature/login", TaskType.review),
        ("Audit the upload endpoint for injection", TaskType.security),
        ("Document the public API in the README", TaskType.docs),
        ("Speed up the search, it takes too long", TaskType.perf),
        ("Bump the dependencies and pin the linter", TaskType.chore),
        ("Merge the three feature branches", TaskType.integrate),
        ("Why does the cache miss so often?", TaskType.question),
    ],
)
def test_what_kind_of_work(text: str, kind: TaskType) -> None:
    found = classify(text)
    assert found.type is kind
    assert found.reason


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("Add a function to a.py; test it", TaskType.implement),
        ("Add a function to a.py and review it", TaskType.implement),
        (DEMO, TaskType.implement),
        ("Fix the crash in the parser, then test it and review it", TaskType.fix),
        ("Refactor the cart; document it", TaskType.refactor),
        ("Rename Foo to Bar; add a test", TaskType.refactor),
        ("Merge the branches and test the result", TaskType.integrate),
        ("Write tests for a.py; fix what fails", TaskType.test),
        ("Test it", TaskType.test),
        ("Review and test it", TaskType.review),
    ],
)
def test_the_main_piece_decides_and_what_follows_it_does_not(text: str, kind: TaskType) -> None:
    assert classify(text).type is kind


def tasks(goal: str, files: tuple[str, ...] = ()) -> list[Task]:
    draft = plan(goal, files, ROLES)
    assert check_draft(draft) == []
    return list(tasks_of(draft, "G1", ROLES))


def test_the_demo_goal_becomes_four_tasks_in_their_order() -> None:
    found = tasks(DEMO, ("src/shop/accounts.py", "src/other.py"))
    assert [(t.id, t.type.value, t.role, t.depends_on) for t in found] == [
        ("T1", "implement", "implementer", ()),
        ("T2", "implement", "implementer", ("T1",)),
        ("T3", "review", "reviewer", ("T1", "T2")),
        ("T4", "test", "tester", ("T3",)),
    ]
    assert found[0].files == ("src/shop/accounts.py",)
    assert "payments" not in found[0].instruction


def test_what_does_not_depend_on_each_other_runs_beside_each_other() -> None:
    assert [t.depends_on for t in tasks("Add a health endpoint; fix the crash in the exporter")] == [(), ()]


def test_a_review_of_one_piece_sends_it_back_to_whoever_made_it() -> None:
    assert [t.rework for t in tasks("Add a greeting function; review and test it")] == ["", "T1", ""]
    assert [t.rework for t in tasks("Fix the crash in the parser, then audit it for injection")] == ["", "T1"]
    assert [t.rework for t in tasks(DEMO)] == ["", "", "", ""], "of two pieces it is not known which"
    draft = plan("Add a greeting; review it", [], ROLES)
    back = draft.tasks[1].model_copy(update={"depends_on": ()})
    assert check_draft(draft.model_copy(update={"tasks": (draft.tasks[0], back)})) == [
        "task 2 sends work back to task 1, which it does not depend on"
    ]


def test_a_review_sends_nothing_back_to_what_is_not_before_it_any_more() -> None:
    [_, review] = tasks("Add a greeting function; review it")
    several = [*tasks("Add a greeting function; review it"), review.model_copy(update={"id": "T3", "position": 3})]
    assert [t.rework for t in edit(several, "drop task 1", [], ROLES).tasks] == ["", "", ""]
    assert [t.rework for t in edit(several, "make task 2 a test", [], ROLES).tasks] == ["", "", "T1"]
    assert [t.rework for t in edit(several, "run 1 and 3 in parallel", [], ROLES).tasks] == ["", "T1", ""]


def test_then_means_after() -> None:
    found = tasks("First add a config file. Then add a reload command. Then document it.")
    assert [t.depends_on for t in found] == [(), ("T1",), ("T1", "T2")]


def test_and_inside_of_a_thing_does_not_split_it() -> None:
    assert len(tasks("Add login and logout buttons")) == 1


@given(st.text(max_size=400))
@settings(max_examples=150, deadline=None)
def test_whatever_the_text_the_plan_can_be_carried_out(text: str) -> None:
    if text.strip():
        assert check_draft(plan(text, ["a/b.py"], ROLES)) == []


def test_a_megabyte_is_planned_too() -> None:
    assert check_draft(plan("add a thing and " * 70_000, [], ROLES)) == []


def test_dropping_a_task_gives_its_successors_its_predecessors() -> None:
    edited = edit(tasks(DEMO), "drop the review", [], ROLES)
    assert [t.state for t in edited.tasks][2] is TaskState.dropped
    assert edited.tasks[3].depends_on == ("T1", "T2")


def test_edits_in_words() -> None:
    edited = edit(tasks(DEMO), "use S12 for the tests; task 2 after task 1", ["S12"], ROLES)
    assert (edited.tasks[3].session_id, edited.tasks[3].pinned) == ("S12", True)
    added = edit(tasks(DEMO), "add task: document the payments", [], ROLES).tasks[-1]
    assert (added.id, added.type) == ("T5", TaskType.docs)
    changed = edit(tasks(DEMO), "make task 1 a refactor", [], ROLES).tasks[0]
    assert (changed.type, changed.role) == (TaskType.refactor, "refactorer")


@pytest.mark.parametrize("text", ["drop task 9", "use S99 for the tests", "task 1 after task 2", "paint it blue"])
def test_an_edit_that_cannot_be_is_refused_with_a_way_out(text: str) -> None:
    with pytest.raises(UsageError) as refused:
        edit(tasks(DEMO), text, ["S12"], ROLES)
    assert refused.value.remedy


@pytest.mark.parametrize(
    ("text", "kind"), [("yes", Approve), ("Looks good!", Approve), ("no", Deny), ("cancel", Deny), ("drop 2", Edit)]
)
def test_yes_no_or_a_change(text: str, kind: type) -> None:
    assert isinstance(answer_of(text), kind)


def candidate(id_: str, role: str, branch: str, work: str = "", state: SessionState = SessionState.idle, hours: int = 1) -> Candidate:
    session = Session(
        id=id_, project_id="P1", role=role, branch=branch, worktree="/w", base_commit="0", agent="scripted", state=state,
        created_at=NOW, updated_at=NOW,
    )  # fmt: skip
    return Candidate(session=session, recent_work=(work,), last_active=NOW - timedelta(hours=hours))


LIVE = [
    candidate("S1", "implementer", "feature/login", "Add accounts with login and password reset"),
    candidate("S2", "implementer", "feature/reports", "Add monthly revenue reports as CSV"),
    candidate("S3", "reviewer", "review/login"),
    candidate("S4", "implementer", "feature/search", "Add search", SessionState.stopped),
]


def chosen(text: str) -> str | None:
    return recommend(text, classify(text).type, LIVE, [], ROLES, now=NOW).session


def test_work_goes_to_the_session_that_knows_it() -> None:
    assert chosen("Fix the login: a password reset link expires too early") == "S1"
    assert chosen("Add a column with the tax to the monthly revenue reports") == "S2"


def test_a_name_decides() -> None:
    assert chosen("S2 should add a logout button") == "S2"
    assert chosen("Continue on feature/reports with the totals") == "S2"
    assert chosen("Ask the reviewer to review the parser") == "S3"


def test_unrelated_work_gets_a_new_session_and_rights_are_kept() -> None:
    assert chosen("Add a websocket server for live cursors") is None
    found = recommend("S3 should implement the parser", TaskType.implement, LIVE, [], ROLES, now=NOW)
    assert found.session != "S3", "a reviewer writes nothing, whoever asks"
    assert found.role == "implementer"


def test_a_stopped_session_is_never_chosen_and_every_choice_has_a_reason() -> None:
    found = recommend("S4: add search filters", TaskType.implement, LIVE, [], ROLES, now=NOW)
    assert found.session != "S4"
    assert found.reason
    assert all(a.reason for a in found.alternatives)


@pytest.mark.parametrize(
    "text",
    [
        "Review S1's work",
        "Review the work of S1 on login and password reset",
        "Review the changes on feature/login",
        "Test the accounts with login and password reset",
        "Audit the accounts with login and password reset for injection",
    ],
)
def test_who_made_it_is_not_who_looks_at_it(text: str) -> None:
    type_ = classify(text).type
    alone = recommend(text, type_, LIVE[:2], [], ROLES, now=NOW)
    assert (alone.session, alone.role) == (None, role_for(type_, ROLES))
    assert alone.reason
    if type_ is TaskType.review:
        assert chosen(text) == "S3"
    assert chosen(f"S1: {text}") == "S1", "but who is told to, does"


def test_a_session_whose_agent_cannot_work_here_is_never_chosen_and_it_is_said() -> None:
    away = [c.model_copy(update={"hindrance": "claude-agent-sdk is not installed"}) for c in LIVE]
    text = "Fix the login: a password reset link expires too early"
    alone = recommend(text, TaskType.fix, away[:1], [], ROLES, now=NOW)
    assert (alone.session, alone.role) == (None, "implementer")
    assert "S1 cannot work here: claude-agent-sdk is not installed" in alone.reason
    other = recommend(f"S1: {text}", TaskType.fix, [away[0], *LIVE[1:]], [], ROLES, now=NOW)
    assert other.session != "S1"
    assert "S1 was named, but cannot work here" in other.reason
    assert "S1" in {a.session for a in other.alternatives}


def task(id_: str, state: TaskState, *before: str) -> Task:
    return Task(
        id=id_, goal_id="G1", position=int(id_[1:]), title="t", instruction="i", type=TaskType.implement, role="implementer",
        depends_on=before, state=state,
    )  # fmt: skip


def test_whose_turn_it_is() -> None:
    waiting, done, failed, dropped = TaskState.waiting, TaskState.done, TaskState.failed, TaskState.dropped
    assert [t.id for t in turn([task("T1", done), task("T2", waiting, "T1"), task("T3", waiting, "T2")]).ready] == ["T2"]
    assert [t.id for t in turn([task("T1", dropped), task("T2", waiting, "T1")]).ready] == ["T2"]
    assert turn([task("T1", done), task("T2", dropped)]).progress is Progress.done
    assert turn([task("T1", failed), task("T2", waiting, "T1")]).progress is Progress.stuck
    assert turn([task("T1", failed), task("T2", TaskState.dispatched)]).progress is Progress.working


def test_what_a_line_in_the_chat_is() -> None:
    assert understand_line("stop S7", []) == Command("stop", "S7")
    assert understand_line("sessions", []) == Command("sessions")
    assert understand_line("/workflow", []) == understand_line("workflow", []) == Flow()
    assert understand_line("workflow g3", []) == Flow("G3")
    assert understand_line("/workflow tdd add a --verbose flag", []) == Flow("tdd", "add a --verbose flag")
    assert understand_line("workflow files need a schema", []) == NewGoal("workflow files need a schema")
    assert understand_line("pause g3", []) == Command("pause", "G3")
    assert understand_line("pause the video on blur", []) == NewGoal("pause the video on blur")
    assert understand_line("what is S7 doing?", []) == AskAbout("status", "S7")
    assert understand_line("what did G2 cost?", []) == AskAbout("cost", "G2")
    assert understand_line("m3: the second column", []) == Reply("M3", "the second column")
    assert understand_line("r3: the second one", []) == Answer("R3", "the second one")
    assert understand_line("complete R3 the second one", []) == Answer("R3", "the second one")
    assert understand_line("decline R3: ask S2", []) == Answer("R3", "ask S2", "decline")
    assert understand_line("accept R3", []) == Answer("R3", "", "accept")
    assert understand_line("R3 of the list: sort it", []) == NewGoal("R3 of the list: sort it")
    assert understand_line("decide cents because floats lose money", []) == Decide("cents", "floats lose money")
    assert understand_line("decide: tabs", []) == Decide("tabs")
    assert understand_line("inbox", []) == Command("inbox")
    assert understand_line("how much have we spent?", []) == AskAbout("cost", "")
    assert understand_line("why S12?", []) == AskAbout("why", "S12")
    assert understand_line("S7: use argparse", []) == Tell("S7", "use argparse")
    assert understand_line("Add a --verbose flag", []) == NewGoal("Add a --verbose flag")


def test_roles_and_what_they_may_write() -> None:
    assert [role_for(t, ROLES) for t in (TaskType.fix, TaskType.review, TaskType.integrate)] == [
        "implementer",
        "reviewer",
        "integrator",
    ]
    assert may_write(ROLES["tester"], "tests/deep/test_x.py")
    assert may_write(ROLES["tester"], "src/x_test.go")
    assert not may_write(ROLES["tester"], "src/x.py")
    assert not may_write(ROLES["reviewer"], "README.md")
    assert may_write(ROLES["implementer"], "any/where.py")


@pytest.mark.parametrize("role", ROLES.values(), ids=lambda role: role.name)
def test_every_role_reads_says_something_and_may_speak_in_the_context_file(role: Role) -> None:
    assert may_call(role, ())
    assert may_call(role, {Action.read})
    assert may_call(role, {Action.comment})
    assert may_write(role, CONTEXT)
    assert not may_write(role, ".televibe/config.yaml") or "**" in role.writes
    assert role.profile


def test_a_tool_is_called_by_those_who_have_what_it_needs() -> None:
    assert [name for name, role in ROLES.items() if may_call(role, {Action.orchestrate})] == ["orchestrator"]
    assert not [n for n in ("reviewer", "security", "orchestrator") if may_call(ROLES[n], {Action.write})]
    silent = Role(name="auditor", description="looks on", allowed_actions=(Action.read,))
    assert may_call(silent, {Action.read})
    assert not may_call(silent, {Action.comment})


def test_globs_without_an_action_that_changes_are_no_right() -> None:
    odd = Role(name="odd", description="", allowed_actions=(Action.read, Action.comment), writes=("**",))
    assert not may_write(odd, "a.py")


def test_a_role_of_the_users_may_share_a_profile() -> None:
    added = Role(name="auditor", description="", allowed_actions=(Action.read,), profile="reviewer")
    own = Role(name="poet", description="", allowed_actions=(Action.read,), profile="Speak in verse.")
    table = role_table([added, own])
    assert table["auditor"].profile == ROLES["reviewer"].profile
    assert table["poet"].profile == "Speak in verse."


@pytest.mark.parametrize(
    "name", ["-x", "@", "HEAD", "refs/heads/x", "a..b", "a b", "🚀", "", "a//b", "a/", "x.lock", ".x", "a" * 300, "a~1"]
)
def test_branch_names_that_are_refused(name: str) -> None:
    with pytest.raises(UsageError):
        check_branch_name(name)


@given(st.text(max_size=80), st.sampled_from(["G1", "S12"]))
@settings(deadline=None)
def test_the_names_we_make_are_names_we_accept(title: str, owner: str) -> None:
    name = branch_for("televibe/", owner, title)
    assert check_branch_name(name) == name


def test_git_accepts_what_we_accept() -> None:
    for name in ("feature/card-payments", "a.b_c-1", branch_for("televibe/", "G1", "Öl & Wärme?")):
        subprocess.run(["git", "check-ref-format", "--branch", check_branch_name(name)], check=True, capture_output=True)


def test_a_free_name_is_found() -> None:
    assert numbered("a", ["b"]) == "a"
    assert numbered("a", ["a", "a-2"]) == "a-3"
    assert taken_by("a/b", ["x", "a"]) == "a"
    assert taken_by("c", ["a"]) == ""
    assert numbered("a", ["a/b"]) == "a-2", "git cannot have a branch a beside a/b"


def test_a_repository_that_is_not_ready_is_told_why() -> None:
    fine = RepoState(root="/r", main_root="/r", git_dir="/r/.git", bare=False, branch="main", head="1", dirty=(), untracked=("new",))
    preflight(fine, allow_dirty=False)
    for change, word in (
        ({"bare": True}, "bare"),
        ({"head": None}, "no commits"),
        ({"branch": None}, "detached"),
        ({"dirty": ("a",)}, "a"),
    ):
        with pytest.raises(NotReady, match=word) as refused:
            preflight(fine.model_copy(update=change), allow_dirty=False)
        assert refused.value.remedy
    preflight(fine.model_copy(update={"dirty": ("a",)}), allow_dirty=True)


def test_long_ago_never_counts_more() -> None:
    moments = [candidate("S1", "implementer", "x", hours=h) for h in (1, 5, 50)]
    scores = [recommend("S1 add it", TaskType.implement, [c], [], ROLES, now=NOW).confidence for c in moments]
    assert all(a >= b for a, b in pairwise(scores)), "what was long ago counts no more than what was just now"
