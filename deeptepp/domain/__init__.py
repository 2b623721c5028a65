"""Values that flow through the package: numpy and the standard library only."""
