"""Models: the router and the gateway. The only importer of pydantic-ai and of the providers' SDKs, on first use.

A model returns data and executes nothing. Without the extra `ai`, or without targets in the settings, Fermata works by
signatures alone, as if this package were not there.
"""
