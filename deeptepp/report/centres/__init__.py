"""Reports on more than one centre or model: two scores compared, and how those who come in differ."""
