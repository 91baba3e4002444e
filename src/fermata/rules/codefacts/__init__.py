"""Facts of a call from code and configuration: which lines speak of it, and what of a claim about it stands.

Whoever claims a fact, a pattern or a model, names the line. Code looks the line up, reads the number in it and converts
its unit; a comment is no code, whatever it says.
"""
