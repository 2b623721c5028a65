"""The patients of a training run, their images and their folds."""
