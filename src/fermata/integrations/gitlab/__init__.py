"""GitLab: what was written, merged, released and deployed around an incident, merge requests, and cards as issues."""
