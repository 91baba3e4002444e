"""`fermata demo`: the main job on real processes, with no cluster, no key and no account."""
