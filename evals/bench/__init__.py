"""Benchmarks. ``make bench`` prints the machine, medians, and each figure as a ratio to a floor measured in the same run."""
