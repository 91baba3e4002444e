"""Rehearsals as they are proposed, checked, approved, run, stopped and remembered."""
