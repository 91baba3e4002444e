"""Fakes and contract suites: every fake here passes the suite that the real thing passes.

Installed are the suites and what they need; stand-ins for outside services stay with the source (`pyproject.toml`).
"""
