"""Numbers and names in a sentence."""

from __future__ import annotations

import pytest

from orchestrator.verbs.grammar import counted, one


@pytest.mark.parametrize(("number", "said"), [(0, "0 tasks"), (1, "1 task"), (2, "2 tasks"), (12_000, "12,000 tasks")])
def test_a_number_of_things(number: int, said: str) -> None:
    assert counted(number, "task") == said


def test_a_plural_that_is_not_the_noun_with_an_s() -> None:
    assert (counted(1, "task is", "tasks are"), counted(3, "task is", "tasks are")) == ("1 task is", "3 tasks are")


@pytest.mark.parametrize(("noun", "said"), [("implementer", "an implementer"), ("reviewer", "a reviewer")])
def test_its_article(noun: str, said: str) -> None:
    assert one(noun) == said
