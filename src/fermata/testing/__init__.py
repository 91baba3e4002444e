"""Shipped fakes and contract suites: every fake here passes the suite that the real thing passes."""
