"""git: what changed in a service's files, what they declare, and a revert as a catalogue action."""
