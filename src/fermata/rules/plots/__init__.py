"""Drawings of what was measured: where each point stands (`drawing`), and the file that shows it (`svg`). Pure."""
