"""Figures, tables and number formats; never a screen."""
