"""TeleVibe: the middle AI between a person and many coding-agent sessions.

A goal given in chat is split into tasks; each task gets a session (a coding agent on its own branch in its own git worktree), an
existing one or a new one with the right role; each session gets an *enhanced instruction* that says what the others export, have
decided and have said; finished work is handed on, and what is finished altogether is checked and landed.

::

     chat · CLI                                             coding agents, each in its own worktree on its own branch
        │ goal, answer, instruction                                ▲ brief                      │ commits, words, MCP tools
        ▼                                                          │                            ▼
    ┌─ graphs: one LangGraph state machine, entered by every event of the log ──────────────────────────────────────────┐
    │ goal in:    understand → plan → route → approve → settle → advance → spawn → enhance → dispatch                   │
    │ job done:   absorb → advance → (spawn → enhance → dispatch  |  check → integrate → reply)                         │
    │ the user:   an instruction → enhance → dispatch · stop · try again → advance                                      │
    │ a message:  called → enhance → dispatch, if its receiver is idle and it wants an answer                           │
    │ main moved: notice → keep up: idle branches are brought up (a conflict → enhance → dispatch)                      │
    └───────────────────────────────────────────────────────────────────────────────────────────────────────────────────┘
        decisions are values; effects are durable jobs
        store (SQLite | PostgreSQL) · index (Chroma + lexical) · git · queue (DBOS) · model (Anthropic) · agents

Five layers, imports only point down (``make check`` holds them):

``orchestrator.doors``       CLI, chat and MCP: parse, call, print; no decisions
``orchestrator.engine``      one process per home that turns the event log into reactions and jobs; what a user can want; in
                             ``coordination`` one function for each tool that sessions have
``graphs``                   the machine: nodes of a few lines that ask a boundary and hand the answer to a verb
``orchestrator.boundaries``  the only caller of each outside thing, behind a small Protocol
``orchestrator.verbs``       pure decisions: classify, plan, recommend, advance, brief, summarise, registry, talk, rights
``orchestrator.nouns``       frozen values and enums that cross a border

How work survives ``kill -9``: a state change and its event are one transaction; the engine reads the event log from a cursor and
hands every trigger to the durable queue under the event's own id; what the queue calls (a reaction of the machine, a job) finds
out from the store, from git and from the agent's journal what an earlier run did already. Nothing depends on memory.

Who speaks: every call of a tool carries a token that was made for one job; the session it belongs to is the caller, whatever the
call says. What a session wrote reaches another only as a quotation, with a sender that we stamped.
"""
