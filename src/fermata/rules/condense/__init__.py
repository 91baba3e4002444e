"""Condense."""
