"""Telemetry services for tests: strict stand-ins that keep series and events, and refuse what the real ones would."""
