"""Follow-up to curves, tests and cut-offs."""
