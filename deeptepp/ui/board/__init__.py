"""The page of the tumour board."""
