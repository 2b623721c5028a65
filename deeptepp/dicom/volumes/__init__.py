"""Planes sorted into volumes by geometry and time."""
