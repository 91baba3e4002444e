"""Services that documents are published to, as strict stand-ins on loopback."""
