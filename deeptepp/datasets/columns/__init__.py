"""Somebody else's table: what its columns, words, dates and units are."""
