"""Durable execution over dbos, the only importer of it. Legs in, steps recorded, crashes survived."""
