"""Hazard ratios: Cox, Firth and Mantel-Haenszel, with their tests."""
