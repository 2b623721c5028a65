"""Roi to ViewStack: planes, mosaics, jigsaw."""
