"""What is measured on the scores of a run."""
