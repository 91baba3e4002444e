"""The terminal Fermata runs in: cards as text."""
