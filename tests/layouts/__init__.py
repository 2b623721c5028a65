"""The ways in which scanners, archives and anonymisers write one examination, and what is right to read from each."""
