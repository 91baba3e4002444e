"""What every chat has in common: files that belong to a message, and clicks that are dealt with once."""
