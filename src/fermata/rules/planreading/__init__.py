"""A reader on top of a plan that rules made: what a model is shown of it, and what of its answer stands.

The reader names places of the graph and words of closed lists, and gives one sentence for each. Whether an item exists,
fits and is new, what it is expected to do, and where it stands in the list is told by code.
"""
