"""Alerts of tools that have no source of their own: Uptime Kuma, Healthchecks, Better Stack, UptimeRobot, scripts."""
