"""Which volumes are the phases, and what is asked where that is in doubt."""
