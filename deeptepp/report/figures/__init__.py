"""Every figure, one file each, with the rows and labels that it draws, and figures as files."""
