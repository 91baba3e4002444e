"""What the issue trackers (Jira, Linear) have in common: a port to one, and what is done through it.

An integration maps its API to the records of `records`; what counts as evidence, and how an issue is made exactly once,
is here, so that two trackers cannot differ in it.
"""
