"""The nouns: frozen records, valid when built. No I/O, no clock, no randomness."""
