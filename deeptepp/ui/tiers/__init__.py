"""The page of the tiers laboratory, with a visitor's own cohort."""
