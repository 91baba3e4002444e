"""Where a system is likely to break, told from its service graph alone: what to rehearse first, and what to expect."""
