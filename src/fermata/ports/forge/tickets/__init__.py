"""Tickets as issues of a forge: what a person ticks, made once."""
