"""What a rehearsal's run is made of: asking, watching, probing, and keeping the lease."""
