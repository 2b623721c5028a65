"""Small dynamic studies damaged at random, by a seed: what the reader must read right, or refuse by name."""
