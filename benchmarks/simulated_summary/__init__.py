"""Simulated cohorts measured against the published figures: ``python -m simulated_summary``."""
