"""Chaos Mesh: faults in a cluster's sandbox namespace, as its own objects."""
