"""Simulated cohorts measured against the published figures, for ``deeptepp simulate summary``."""
