"""Scores many studies: what is to be scored, one study on a worker, and the tables of a whole run."""
