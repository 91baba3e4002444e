"""What kubectl prints, read back into the API's own shape: one small module a kind of text."""
