"""What every PDF shares: pages, tables and curves."""
