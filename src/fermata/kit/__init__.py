"""The ground floor: errors, clock, ids, digests, redaction, units and the log. Knows nothing of operations."""
