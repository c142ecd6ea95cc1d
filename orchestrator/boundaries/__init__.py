"""The boundaries: each outside thing has one module that calls it, behind a small Protocol.

``store`` (SQLite or PostgreSQL) · ``git`` · ``agents`` (Claude Code, scripted) · ``model`` (Anthropic) · ``index`` (Chroma
and a lexical ranker) · ``queue`` (DBOS). They know nouns and verbs, and nothing of each other.
"""
