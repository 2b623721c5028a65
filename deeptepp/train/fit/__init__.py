"""Fitting networks: loop, loss, sampling, folds, processes, checkpoints and logs."""
