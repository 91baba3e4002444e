"""Setting up: what was found on a machine, what of it may be taken without asking, and the settings that follow."""
