"""Files to a Study, and a Study to files: the only home of pydicom."""
