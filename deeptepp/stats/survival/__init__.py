"""Survival curves, log-rank tests, restricted means and follow-up."""
