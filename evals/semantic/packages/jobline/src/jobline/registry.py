"""The tasks by name."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .errors import NoSuchTask

Task = Callable[..., Any]
_TASKS: dict[str, Task] = {}


def task(name: str) -> Callable[[Task], Task]:
    """Announce a function as a task. A name is there once."""

    def announce(function: Task) -> Task:
        if name in _TASKS:
            raise ValueError(f"the task {name} is there twice")
        _TASKS[name] = function
        return function

    return announce


def find_task(name: str) -> Task:
    """The function of a task.

    Raises:
        NoSuchTask: nobody announced it.
    """
    try:
        return _TASKS[name]
    except KeyError:
        raise NoSuchTask(name) from None


def task_names() -> list[str]:
    return sorted(_TASKS)
