"""Phases and masks as NIfTI, and the MAMA-MIA layout."""
