"""Cards as issues of a forge: one issue per incident, decided by comments."""
