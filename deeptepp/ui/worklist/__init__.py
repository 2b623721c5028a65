"""Studies of the PACS, found, fetched and opened."""
