"""Numbers that are counted later."""

from ..errors import JobError
from ..registry import task


@task("numbers.sum")
def add_up(values: list[int]) -> int:
    if not values:
        raise JobError("nothing to add up")
    return sum(values)
