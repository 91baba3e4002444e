"""`fermata chaos demo`: three ways to call a dependency, each broken in the same way and judged."""
