"""Sentences as values: a template with its facts is its English text, and can be said in others."""
