"""Whether the images fit the roles given to their phases."""
