"""What leaves a training run: the bundle, its model card and checklists, external validation."""
