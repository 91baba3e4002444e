"""`fermata init`: from nothing to settings that work, with few questions."""
