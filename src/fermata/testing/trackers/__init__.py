"""Issue trackers for tests: strict stand-ins that keep issues, and refuse what the real ones would."""
