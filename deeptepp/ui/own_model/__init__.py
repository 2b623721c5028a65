"""The page that leads from one's own patients to a model of one's own."""
