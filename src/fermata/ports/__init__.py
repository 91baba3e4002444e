"""What a plug must be: Protocols, each with its contract in words, and a suite in `fermata.testing` that checks it."""
