"""Tumour candidates found without labels, and their masks."""
