"""The tumour board on paper: minutes, their words and counts."""
