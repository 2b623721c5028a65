"""Pixels decoded, or read directly, into volumes."""
