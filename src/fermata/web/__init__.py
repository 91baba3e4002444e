"""The page and the doors: alerts in, incidents to read, decisions by people who are signed in. Decides nothing."""
