"""Forges on loopback: strict, stateful fakes of GitHub and GitLab over one history in memory."""
