"""A strict Discord on loopback: its HTTP API and its gateway, with people who click."""
