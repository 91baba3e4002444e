"""Linear: issues as evidence, and one action that creates one."""
