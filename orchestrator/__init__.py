"""TeleVibe: the middle AI between a person and many coding-agent sessions.

A goal given in chat is split into tasks, or a workflow prescribes its stages; each task gets a session (a coding agent on its own
branch in its own git worktree), an existing one or a new one with the right role; each session gets an *enhanced instruction* that
says what the others export, have decided and have said; finished work is handed on, what is finished altogether is checked and
landed, and the other branches are brought up to what landed.

::

     chat · CLI                                             coding agents, each in its own worktree on its own branch
        │ goal, answer, instruction                                ▲ brief                      │ commits, words, MCP tools
        ▼                                                          │                            ▼
    ┌─ graphs: one LangGraph state machine, entered by every event of the log that asks for something ──────────────────┐
    │ a goal:      understand → plan → route → approve → settle → advance → spawn → enhance → dispatch                  │
    │ a workflow:  advance → …; nothing is planned · retry | skip a stage → advance                                     │
    │ job ended:   absorb → advance → (spawn → enhance → dispatch  |  queue)                                             │
    │ a stage:     … → dispatch → queue, when it lands by itself                                                        │
    │ merge queue: land, in a lane of its own · landed → advance | reply · evicted (→ enhance → dispatch)               │
    │ the user:    an instruction → enhance → dispatch · stop · try again: revive → advance                             │
    │ a session:   a message or an answer: called → enhance → dispatch, if its receiver is idle                         │
    │              a request to a role: assign_request · work for a child: assigned → enhance → dispatch                │
    │ main moved:  notice → keep_up · sync, undo: keep_up · what git cannot do: enhance → dispatch                      │
    └───────────────────────────────────────────────────────────────────────────────────────────────────────────────────┘
        decisions are values; effects are durable jobs
        store (SQLite | PostgreSQL) · index (lexical + Chroma) · git · queue (DBOS) · model (Anthropic) · agents

Five layers, imports only point down (``make check`` holds them):

``orchestrator.doors``       CLI, chat and MCP: parse, call, print; no decisions
``orchestrator.engine``      one process per home that turns the event log into reactions and jobs
    ``engine``                 reads the log, feeds the queue, runs the machine; ``lock``: one per home
    ``run_job``                a job's way: ``team_flow`` and ``take_over`` bring in what it starts from → the agent → ``job_end``
                               with ``set_aside`` (what its role may not change) and ``handoff_checks`` (for whoever gets the work)
    ``intents``                what a user can want, written as events; so ``workflows``, ``sessions``, ``teams``, ``reply``
    ``coordination``           one function for each tool that sessions have, and the proof of who calls
    ``keep_up``                notices that the default branch moved, and has it follow a remote
    ``radar``                  sees live branches collide, in what is not committed too, and has both sides told
    ``resolution``             what a session brought together is looked through; ``sweep``: what nobody needs any more
    ``context_sync``           the context file in step with the store; ``reindex``: the index
``graphs``                   the machine (``machine``: entrances and edges; ``state``: what is saved, what is used)
    ``*_nodes``                its nodes, of a few lines, that ask a boundary and hand the answer to a verb
    the other files            what nodes, tools and jobs do alike: ``decide``, ``routing``, ``spawning``, ``briefing``, ``handing``,
                               ``registry``, ``post``, ``requests``, ``waits``, ``assignments``, ``leases``, ``territory``,
                               ``keep_up*``, ``context_file``, ``foreseeing`` (what a plan will collide with), ``resolving`` (both
                               sides of a conflict); ``radar`` (which branches: ``radar_heads``; their merged trees checked:
                               ``radar_verify``) and ``semantic`` compare branches, ``conflicts`` takes in what they found, ``watch``
                               asks them at once; ``merge_queue`` lands: ``merge_line`` merges entry on entry, ``merge_sort`` says what
                               is so, ``gates`` what may, ``merge_policy`` by which rules, ``merge_checks``, ``merge_record``,
                               ``merge_tell``, ``merge_push``
``orchestrator.boundaries``  the only caller of each outside thing, behind a small Protocol
``orchestrator.verbs``       pure decisions: classify, plan, recommend, advance, rework, brief, registry, talk, hierarchy, rights,
                           predict (will it conflict?), survival (what of both sides is left?) …
``orchestrator.nouns``       frozen values and enums that cross a border

How work survives ``kill -9``: a state change and its event are one transaction; the engine reads the event log from a cursor and
hands every trigger to the durable queue under the event's own id; what the queue calls (a reaction of the machine, a job) finds
out from the store, from git and from the agent's journal what an earlier run did already. So it is with what parents give their
children (``Assignment``), and with branches that are brought up (``Sync``): what was is kept under a ref, the store says that it
begins, the branch moves, the store says that it is done. Nothing depends on memory. Of the machine only a plan is checkpointed,
while it waits for its answer.

What lands goes through the merge queue alone (``graphs.merge_queue``; its decisions: ``verbs.merge_queue``), so that every first parent
of the default branch was checked as it is.

Whose turn it is: the queue has lanes. One reaction at a time for each goal, else for each session, else for each project; one job at
a time for each session, and ``limits.parallel_jobs`` altogether; in each lane in the order of the log.

What is derived follows: the index and ``.televibe/context.yaml`` can be made again from the store. Words are found at once, vectors
are added behind them, and by the next process if this one is killed.

Where it may die, tests kill it: every node (but ``approve``, which begins with its interrupt), committed event, change by git,
hand-over to the queue and event of an agent is a crash point (``boundaries.crash``). ``TELEVIBE_CRASH_AT="node dispatch"`` in the
environment ends a process there by SIGKILL, ``"written job.done#2"`` at the second one.

Who speaks: every call of a tool carries a token that was made for one job, or by the user for one session; the session it belongs to
is the caller, whatever the call says. What a session wrote reaches another only as a quotation, with a sender that we stamped.
"""
