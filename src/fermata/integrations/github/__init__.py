"""GitHub: what was written, merged, released and deployed around an incident, pull requests, and cards as issues."""
