"""What is kept between two clicks: uploads and frames, swept on a clock."""
