"""The tiers laboratory: its recipe, what it computes, and what it shows."""
