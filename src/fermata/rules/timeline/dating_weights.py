"""How much each mark of `dating` speaks for the minute that a sentence names, as logarithm of the odds.

Written by `bench/postmortem_dating.py --write`; by hand, nothing here is changed.
"""

ALWAYS = 0.50
WEIGHTS: dict[str, float] = {
    "for the record": 1.28,
    "with its zone": 1.17,
    "behind at": 0.93,
    "behind a first": 0.93,
    "to the minute": 0.87,
    "said soon after": 0.87,
    "behind nothing": 0.80,
    "from a source": 0.76,
    "lasting": 0.62,
    "all there is": 0.58,
    "to the second": 0.50,
    "behind what is over": 0.42,
    "behind was": 0.33,
    "a milestone": 0.30,
    "before when": 0.25,
    "found": 0.20,
    "mitigated": 0.18,
    "said shortly after": 0.13,
    "behind a last": -0.18,
    "somebody wrote then": -0.19,
    "what users felt": -0.19,
    "minutes": -0.21,
    "beside another": -0.26,
    "an act": -0.27,
    "at the end": -0.29,
    "a word to others": -0.30,
    "several numbers": -0.30,
    "told to others": -0.43,
    "not the first": -0.45,
    "behind since": -0.51,
    "behind a limit": -0.54,
    "about then": -0.98,
    "begin of a span": -1.04,
    "end of a span": -1.42,
}
