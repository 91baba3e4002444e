"""Grafana's unified alerting: alerts in, by a contact point of type webhook."""
