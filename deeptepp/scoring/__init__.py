"""The one use case: score a study."""
