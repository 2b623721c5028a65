"""Identifiers planted wherever a study or a person can bring them, and looked for wherever they could come out."""
