"""GitHub: what was written, merged, released and deployed around an incident, and pull requests."""
