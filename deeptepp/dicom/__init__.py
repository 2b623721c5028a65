"""Files to a Study, and a Study to files: the only home of pydicom."""

import logging

# The DICOM libraries quote header values in their log, a patient's name among them.
for _name in ("pydicom", "pylibjpeg", "openjpeg", "dicomanonymizer"):
    logging.getLogger(_name).setLevel(logging.CRITICAL + 1)
