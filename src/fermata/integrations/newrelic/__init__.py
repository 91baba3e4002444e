"""New Relic: metrics, errors and deployments as evidence, read-only."""
