"""Which change is to blame, which only looks like it, and when none is: see docs/changes.md.

Nothing here imports the signatures, which call it.
"""
