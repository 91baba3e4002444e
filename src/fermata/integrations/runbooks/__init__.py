"""Runbooks: the team's own pages, searched for what an alert is about. Read-only, and never taken at their word."""
