"""Notion: where post-mortems are published as pages."""
