"""How well a score or a predicted risk does: discrimination, calibration, cut-offs, net benefit."""
