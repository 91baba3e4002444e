"""GitLab: what was written, merged, released and deployed around an incident, and merge requests."""
