"""Study to Lesion to Roi."""
