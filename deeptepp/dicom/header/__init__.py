"""Header of one image: its elements, the signs of time, the series that made it, de-identification."""
