"""Discord: cards, clicks and commands in a server's channel."""
