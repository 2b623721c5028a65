"""Scored cases that last: their rows and values, and their images under a key."""
