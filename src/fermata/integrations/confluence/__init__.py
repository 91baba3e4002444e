"""Confluence Cloud: where post-mortems are published as pages."""
