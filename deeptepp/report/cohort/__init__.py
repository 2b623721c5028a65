"""The publication's figures and tables from any cohort, each beside what was printed."""
