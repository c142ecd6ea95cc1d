"""Prediction: how probable it is that two pieces of work will conflict, before either has begun.

``titles`` and ``paths`` say what two instructions, and the files that each will probably touch, have in common; ``chance`` weighs
that with numbers that were fitted to what really conflicted (``python -m evals.fit.conflict DIR``); ``foresee`` asks it about the
tasks of a plan and about what live sessions work on.
"""
