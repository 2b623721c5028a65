"""Public collections as cohorts."""
