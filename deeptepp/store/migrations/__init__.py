"""How the tables of the board came to be what they are: one step a version, run by Alembic."""
