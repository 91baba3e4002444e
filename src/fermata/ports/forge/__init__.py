"""What the forges (GitHub, GitLab) have in common: a port to one repository, and what is done through it.

An integration maps its API to the records of `records`; reading changes, computing a revert, finding a manifest and
proposing a pull request are here once, so that two forges cannot differ in what is safe.
"""
