"""Suites: each reads a directory of facts and says how well one decision is made."""
