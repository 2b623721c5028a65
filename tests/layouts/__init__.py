"""How scanners, archives and anonymisers write one examination, and what is right to read from each."""
