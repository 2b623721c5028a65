"""Whole runs and suites of experiments, and their tables."""
