"""Setting up: looking at a machine for what Fermata could watch. Reads only, changes nothing, keeps no secret."""
