"""Grafana Loki, and what speaks its HTTP API: logs as evidence, read-only."""
