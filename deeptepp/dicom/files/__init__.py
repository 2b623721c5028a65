"""Byte sources of a study: zip archives, folders, DICOMDIR, deflated files."""
