"""Patients of a centre or of a public collection, made into the folder that ``deeptepp train`` reads."""
