"""How much each mark of `dating` speaks for the minute that a sentence names, as logarithm of the odds.

Written by `bench/postmortem_dating.py --write`; by hand, nothing here is changed.
"""

ALWAYS = 0.60
WEIGHTS: dict[str, float] = {
    "for the record": 1.29,
    "with its zone": 1.22,
    "behind a first": 0.94,
    "behind at": 0.89,
    "said soon after": 0.84,
    "to the minute": 0.84,
    "behind nothing": 0.80,
    "from a source": 0.70,
    "lasting": 0.62,
    "all there is": 0.55,
    "to the second": 0.50,
    "behind what is over": 0.43,
    "behind was": 0.34,
    "a milestone": 0.30,
    "before when": 0.26,
    "found": 0.21,
    "mitigated": 0.17,
    "said shortly after": 0.07,
    "behind a last": -0.16,
    "somebody wrote then": -0.18,
    "what users felt": -0.19,
    "minutes": -0.24,
    "beside another": -0.25,
    "an act": -0.25,
    "several numbers": -0.27,
    "at the end": -0.28,
    "a word to others": -0.30,
    "told to others": -0.43,
    "not the first": -0.45,
    "behind since": -0.50,
    "behind a limit": -0.54,
    "about then": -0.98,
    "begin of a span": -1.02,
    "end of a span": -1.43,
}
