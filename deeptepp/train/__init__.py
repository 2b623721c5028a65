"""Cohort and Roi to ModelBundle."""
