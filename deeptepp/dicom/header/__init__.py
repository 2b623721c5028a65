"""Header of one image: elements, typed values, signs of time, de-identification."""
