"""Slack: cards in a channel, clicks and commands from it."""
