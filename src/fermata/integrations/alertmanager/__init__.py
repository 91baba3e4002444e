"""Prometheus Alertmanager: alerts in, by its webhook of version 4."""
