"""The page of one case, screen by screen."""
