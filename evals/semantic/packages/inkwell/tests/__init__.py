"""Tests of inkwell."""

SAMPLE = """---
title: Ink
tags: pen, paper
---
# Ink and **pens**

Some `code` and [a link](/other/).

- one
- two
## Second part
"""
