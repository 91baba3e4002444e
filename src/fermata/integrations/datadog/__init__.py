"""Datadog: metrics and events as evidence, read-only."""
