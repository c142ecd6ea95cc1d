"""The engine as the state machine of ``test_flow_model`` runs it: until nothing is left to do."""

from __future__ import annotations

from pathlib import Path

from orchestrator.boundaries import crash
from tests.line import line

IDS = "abcdef"

_ONE = """
  - when: {{role: reviewer, words: ["Judge {id}"]}}
    steps:
      - run: "if [ $(wc -l < made/{id}.txt) -ge 2 ]; then echo 'Verdict: approved'; else echo 'Verdict: changes wanted - more'; fi"
      - finish: "{{{{ last }}}}"
  - when: {{words: ["Break {id}"]}}
    steps:
      - fail: it breaks
  - when: {{words: ["Make {id}"]}}
    steps:
      - run: "mkdir -p made && echo line >> made/{id}.txt"
      - commit: a line of {id}
      - finish: a line is made
"""
SCRIPT = "scripts:" + "".join(_ONE.format(id=id_) for id_ in IDS) + "  - steps:\n      - finish: read\n"


async def scenario(directory: Path, at: str) -> None:
    async with line(directory, SCRIPT, config="handoff_checks: false\n") as shop:
        crash.arm(at)
        await shop.engine.until_idle()
