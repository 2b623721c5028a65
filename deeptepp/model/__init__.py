"""ViewStack and clinical features to logits; the bundle that holds a trained network."""
