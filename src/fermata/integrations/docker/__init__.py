"""A Docker engine: what runs in its containers, and three actions on them."""
