"""Measurements of the product: ``evals.bench`` for speed and memory."""
