"""Gremlin: attacks on containers by their labels, through its API."""
