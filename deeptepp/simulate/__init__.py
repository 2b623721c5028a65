"""The simulated HER2-positive cohort and its MR."""
