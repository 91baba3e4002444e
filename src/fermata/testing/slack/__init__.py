"""A strict Slack on loopback: Web API, Socket Mode, files, response addresses, on real connections."""
