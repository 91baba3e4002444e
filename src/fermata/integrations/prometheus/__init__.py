"""Prometheus, and what speaks its HTTP API: metrics as evidence, read-only."""
