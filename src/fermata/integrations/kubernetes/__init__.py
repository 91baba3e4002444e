"""Kubernetes: the objects, logs and changes around a workload, and typed actions on it."""
