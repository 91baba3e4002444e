"""PostgreSQL: what a database is busy with, and a few actions on it."""
