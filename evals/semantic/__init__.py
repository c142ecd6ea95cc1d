"""Semantic conflicts: two branches that git merges cleanly into a broken program, and those that only look like it.

``televibe eval semantic`` scores the engine on the planted suite. It is put together from three small programs (``packages/``),
changes of them and uses of what they offer (``pieces``, ``generate``; drawn by a seed), and committed as real branches
(``repository``). What is right is found by running the tests of both sides and of the merge (``truth``), and kept in
``manifest.json`` under a digest of every byte of the case: a case that was changed since is an error until
``python -m evals.semantic verify`` ran again.

``televibe eval semantic PATH`` scores it on cases of somebody else's. Below ``PATH`` each directory with a ``case.json`` is one::

    DIR/case.json       {"kind": "removed", "conflict": true, "test": "python -m unittest -q"}
    DIR/base/…          the files where both branches began
    DIR/a/…  DIR/b/…    all files of each side, not only what it changed

``kind`` is free; ``conflict`` is the truth: both sides' tests pass, git merges them, and the tests of the merge fail. ``test`` is a
shell command, run in a copy of each tree by ``--verify``; exit status 0 is green, and ``python`` at its beginning is the Python that
runs this. ``name`` is optional, else it is the directory. Names and bytes of files count; links and executable bits are left out.
``python -m evals.semantic write DIR --seed 7`` writes the planted suite of another seed in this form.
"""
