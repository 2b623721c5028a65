"""A PACS and what is done with it: asking, fetching, receiving."""
