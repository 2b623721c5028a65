"""Operations killed at seeded moments: what was acknowledged stays, and no set of files is mixed."""
