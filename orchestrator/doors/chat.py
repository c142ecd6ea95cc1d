"""``televibe chat``: one place to give goals, answer plans, ask what is going on, and watch. Events print above the prompt."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import assert_never

from prompt_toolkit import PromptSession
from prompt_toolkit.completion import CompleteEvent, Completer, Completion
from prompt_toolkit.document import Document
from prompt_toolkit.history import FileHistory
from prompt_toolkit.key_binding import KeyBindings, KeyPressEvent
from prompt_toolkit.patch_stdout import patch_stdout

from orchestrator.boundaries.home import Home
from orchestrator.doors.chat_conflicts import list_conflicts
from orchestrator.doors.chat_flow import answer_flow
from orchestrator.doors.chat_merge import answer_merge
from orchestrator.doors.events import line_of
from orchestrator.doors.follow import follow
from orchestrator.doors.mcp.host import hosting
from orchestrator.doors.opening import goal_of, session_of
from orchestrator.doors.output import Out, Tone, usd
from orchestrator.doors.plan_card import plan_card
from orchestrator.doors.waiting_merges import print_waiting_merges, waiting_merges, waits_for
from orchestrator.engine.coordination.tool import Caller
from orchestrator.engine.coordination.tools import call_tool
from orchestrator.engine.intents import (
    answer_plan,
    give_goal,
    instruct,
    resume_session,
    stop_goal,
    stop_session,
)
from orchestrator.engine.reply import answer_request, reply
from orchestrator.engine.workflows import go_on, pause
from orchestrator.engine.workplace import Workplace, workplace
from orchestrator.nouns.errors import TeleVibeError, Unknown, UsageError
from orchestrator.nouns.event import Event, EventKind
from orchestrator.nouns.work import GoalState, Task
from orchestrator.verbs.converse import (
    COMMANDS,
    Answer,
    AskAbout,
    Command,
    Decide,
    Flow,
    NewGoal,
    Reply,
    Tell,
    say_goal,
    say_session,
    say_why,
    understand_line,
)

HELP = """Say what you want, in plain words: it becomes a goal. While a plan waits, your next line answers it:
  yes · no · drop task 2 · use S12 for the tests · task 3 after task 1
Ask:      what is S7 doing? · why S12? · how far is G2? · what did G2 cost?
Tell:     S7: please also handle the empty file · M3: the second column (answers a message) · decide cents because floats lose money
          R3: yes, since … (answers a request made of you) · accept R3 · decline R3: ask S2
Stages:   /workflow tdd add a --verbose flag (instead of a plan) · /workflow G2 (how far it is) · /workflow (what there is)
Commands: sessions · goals · inbox · conflicts · plan · stop [S7|G2] · pause G2 · resume S7|G2 · quit         (Alt+Enter: a new line)
Landing:  merge status · approve E3 (it may change what agents execute) · withdraw E3"""


async def run_chat(repo: Path, agent: str | None) -> int:
    """Talk until Ctrl-D or ``quit``. The engine is this process unless another runs it; the work survives the chat."""
    async with workplace(Home.find(), repo, engine=True, host=hosting()) as place:
        with patch_stdout(raw=True):  # standard output as it is from here on prints above the prompt
            talk = Chat(place, agent, Out.to())
            showing = asyncio.create_task(talk.show_events())
            try:
                await talk.listen()
            finally:
                showing.cancel()
                await asyncio.gather(showing, return_exceptions=True)
    return 0


class Chat:
    """One conversation. ``hear`` takes a line and answers it; everything else is the terminal's."""

    def __init__(self, place: Workplace, agent: str | None, out: Out) -> None:
        self._place = place
        self._agent = agent
        self._out = out
        self._ids: list[str] = []

    async def listen(self) -> None:
        """Read lines with history and completion; Ctrl-C clears the line, Ctrl-D ends."""
        self._out.line(f"televibe, {self._place.deps.project.root}. What should be done? (help, quit)", Tone.strong)
        await self._learn_ids()
        await self._show_waiting_plan()
        history = FileHistory(str(self._place.home.path / "chat-history"))
        prompt: PromptSession[str] = PromptSession(
            "› ", history=history, completer=Ids(self._ids), complete_while_typing=False, key_bindings=_new_line(), multiline=False
        )
        while True:
            try:
                line = await prompt.prompt_async()
            except KeyboardInterrupt:
                continue
            except EOFError:
                return
            if line.strip() and not await self.hear(line):
                return

    async def hear(self, line: str) -> bool:
        """Answer one line; False when it says goodbye. An error is a line in the conversation, not its end."""
        try:
            return await self._answer(line)
        except TeleVibeError as error:
            self._out.line(error.line(), Tone.bad)
            return True

    async def show_events(self) -> None:
        """Print what happens, as it happens; a new plan as its card."""
        async with self._place.store.reading() as store:
            after = await store.last_event_id()
        async for event in follow(self._place.store, after=after, project_id=self._place.deps.project.id):
            await self._show(event)

    async def _show(self, event: Event) -> None:
        line = line_of(event)
        if line.tone is not Tone.quiet:
            self._out.line(line.plain(icons=self._out.icons), line.tone)
        if event.kind is EventKind.goal_planned and event.goal_id:
            await self._show_plan(event.goal_id)
        if event.kind in {EventKind.session_created, EventKind.session_adopted, EventKind.goal_given, EventKind.workflow_started}:
            await self._learn_ids()

    async def _answer(self, line: str) -> bool:
        waiting = await self._waiting_goal()
        match understand_line(line, self._ids):
            case Command("quit"):
                return False
            case Command() as command:
                await self._obey(command)
            case AskAbout(what=what, id=id_):
                self._out.line(await self._say(what, await self._ours(id_)))
            case Tell(session_id=session_id, text=text):
                await instruct(self._place.deps, await self._ours(session_id), text)
            case Reply(message_id=message_id, text=text):
                self._out.line(await reply(self._place.deps, message_id, text))
            case Answer(request_id=request_id, text=text, how=how):
                self._out.line(await answer_request(self._place.deps, request_id, text, how))
            case Decide(decision=decision, why=why):
                await call_tool(self._place.deps, Caller(None), "record_decision", {"decision": decision, "rationale": why})
            case Flow() as flow:
                await answer_flow(self._place, flow, self._agent, self._out)
            case NewGoal(text=text) if waiting is not None:
                await answer_plan(self._place.deps, waiting, text)
            case NewGoal(text=text):
                await give_goal(self._place.deps, text, agent=self._agent)
            case never:
                assert_never(never)
        return True

    async def _obey(self, command: Command) -> None:
        match command.name:
            case "help":
                self._out.line(HELP)
            case "sessions" | "goals" | "inbox" | "conflicts":
                await self._list(command.name)
            case "merge" | "approve" | "withdraw":
                await answer_merge(self._place, command, self._out)
            case "plan":
                await self._show_waiting_plan()
            case "stop":
                await self._stop(command.argument)
            case "resume" if command.argument.startswith("S"):
                await resume_session(self._place.deps, await self._ours(command.argument))
            case "resume":
                await go_on(self._place.deps, await self._ours(command.argument))
            case "pause":
                await pause(self._place.deps, await self._ours(command.argument))
            case "log":
                self._out.line("everything that happens is shown here; `televibe log` has what was before")
            case _:
                raise UsageError(f"there is no command {command.argument or command.name}", f"commands: {', '.join(COMMANDS)}")

    async def _list(self, what: str) -> None:
        match what:
            case "sessions":
                await self._list_sessions()
            case "goals":
                await self._list_goals()
            case "inbox":
                await self._list_inbox()
            case _:
                await list_conflicts(self._place, self._out)

    async def _ours(self, id_: str) -> str:
        """The id, if it is of this project; a home has the sessions and goals of many."""
        async with self._place.store.reading() as view:
            if id_.startswith("S"):
                await session_of(view, self._place.deps.project, id_)
            elif id_.startswith("G"):
                await goal_of(view, self._place.deps.project, id_)
        return id_

    async def _stop(self, named: str) -> None:
        await self._ours(named)
        if named.startswith("S"):
            await stop_session(self._place.deps, named)
            return
        async with self._place.store.reading() as store:
            goals = await store.goals(self._place.deps.project.id)
        under_way = [g.id for g in goals if not g.state.over]
        if not named and not under_way:
            raise UsageError("nothing is under way", "stop S7 stops a session")
        await stop_goal(self._place.deps, named or under_way[-1])

    async def _say(self, what: str, id_: str) -> str:
        async with self._place.store.reading() as store:
            if what == "cost":
                if id_.startswith("S"):
                    return f"{usd((await store.session(id_)).cost_usd)} for {id_}"
                return f"{usd(await store.spent_usd(goal_id=id_ or None))} {f'for {id_}' if id_ else 'altogether'}"
            goals = await store.goals(self._place.deps.project.id)
            if id_.startswith("G"):
                return say_goal(await store.goal(id_), await store.tasks(id_))
            tasks: list[Task] = [task for goal in goals for task in await store.tasks(goal.id)]
            if what == "why" and id_.startswith("S"):
                return say_why(id_, tasks)
            if what == "why":
                chosen = [t for t in tasks if t.id == id_]
                if not chosen:
                    raise Unknown(f"no task {id_}", "`plan` shows them")
                return chosen[-1].route_reason
            return say_session(await store.session(id_), await store.jobs(session_id=id_), datetime.now(UTC))

    async def _list_sessions(self) -> None:
        async with self._place.store.reading() as store:
            for session in await store.sessions(self._place.deps.project.id, live_only=True):
                of = f" (of {session.parent})" if session.parent else ""
                self._out.line(f"{session.id:<5} {session.role:<12} {session.state.value:<8} {session.branch}  {session.title}{of}")

    async def _list_goals(self) -> None:
        async with self._place.store.reading() as store:
            merges = {entry.goal_id: entry for entry in await waiting_merges(store, self._place.deps.project.id)}
            for goal in await store.goals(self._place.deps.project.id):
                self._out.line(f"{goal.id:<5} {goal.state.value:<9} {goal.text.splitlines()[0][:100]}")
                if goal.id in merges:
                    self._out.line(f"      {waits_for(merges[goal.id])}", Tone.ask)

    async def _list_inbox(self) -> None:
        async with self._place.store.reading() as store:
            messages = [m for m in await store.messages(self._place.deps.project.id) if m.to_session is None and m.state.open]
            merges = await waiting_merges(store, self._place.deps.project.id)
        print_waiting_merges(self._out, merges)
        for message in messages:
            self._out.line(f"{message.id:<5} from {message.sender} ({message.type.value}): {message.content}")
        self._out.line(
            "answer with M3: …, a request with R3: … (or accept R3, decline R3: …)"
            if messages
            else "approve E3 lands it, withdraw E3 takes it out"
            if merges
            else "nothing new for you",
            Tone.quiet,
        )

    async def _waiting_goal(self) -> str | None:
        async with self._place.store.reading() as store:
            waiting = await store.goals(self._place.deps.project.id, states=[GoalState.proposed])
        return waiting[-1].id if waiting else None

    async def _show_waiting_plan(self) -> None:
        waiting = await self._waiting_goal()
        if waiting is not None:
            await self._show_plan(waiting)

    async def _show_plan(self, goal_id: str) -> None:
        async with self._place.store.reading() as store:
            goal = await store.goal(goal_id)
            tasks = await store.tasks(goal_id)
            sessions = await store.sessions(goal.project_id, live_only=True)
            past = await store.jobs(goal.project_id)
        card = plan_card(goal, tasks, self._place.deps.policy, sessions=sessions, past=past)
        self._out.line(card.plain())
        if goal.state is GoalState.proposed:
            self._out.line("yes, no, or say what to change", Tone.ask)

    async def _learn_ids(self) -> None:
        async with self._place.store.reading() as store:
            sessions = await store.sessions(self._place.deps.project.id, live_only=True)
            goals = await store.goals(self._place.deps.project.id)
        self._ids[:] = [s.id for s in sessions] + [g.id for g in goals]


class Ids(Completer):
    """Completes ids of sessions and goals anywhere, and commands at the beginning of a line."""

    def __init__(self, ids: list[str]) -> None:
        self._ids = ids

    def get_completions(self, document: Document, complete_event: CompleteEvent) -> Iterable[Completion]:
        del complete_event
        word = document.get_word_before_cursor(WORD=True)
        first = document.text_before_cursor.lstrip() == word
        for choice in [*self._ids, *(COMMANDS if first else ())]:
            if choice.lower().startswith(word.lower().lstrip("/")):
                yield Completion(choice, start_position=-len(word))


def _new_line() -> KeyBindings:
    keys = KeyBindings()

    @keys.add("escape", "enter")
    def _(event: KeyPressEvent) -> None:
        event.current_buffer.insert_text("\n")

    return keys
