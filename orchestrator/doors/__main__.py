"""``python -m orchestrator.doors``: the same as the ``televibe`` command."""

from orchestrator.doors.cli import main

main()
