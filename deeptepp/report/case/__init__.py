"""The result of one case: read in sentences, as a PDF, as a card and as files."""
