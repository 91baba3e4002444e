"""The choke point: every byte that leaves for a channel, a model or an export passes `redact`.

Secrets are dropped at collection too; this is the second net, not the first. Placeholders carry a short digest, so
that equal secrets stay comparable without being readable.

Five questions are asked of a text, each in a module of its own: does it hold the number of a payment card (`cards`) or
something else of a known shape (`shapes`), is something assigned to the name of a secret (`assignments`, with `names`
and `values`, and by the column of a table `tables`), does a sentence tell a secret (`told`, with `pairs`, `telling` and
`looks`, and `spoken` for passwords that are words), does it hold a long run of characters that only chance would write
(`randomness`)?
A diff that a person approves passes here as well, so code is told from literals: `token = get_token()` stays,
`token = "f81d4fae"` goes.

Failure mode: an unknown shape without a telling name passes, when it is short, all in one case, or made of words.
Settings and environments are therefore collected by name, and shown only where a person allowed it.
"""

from fermata.kit.redaction.assignments import is_named_secret
from fermata.kit.redaction.choke_point import Redacted, redact, redact_named
from fermata.kit.redaction.cutting import redact_cut
from fermata.kit.redaction.known import hide_known
from fermata.kit.redaction.marks import describe_secret
from fermata.kit.redaction.names import is_secret_name, speaks_about

__all__ = [
    "Redacted",
    "describe_secret",
    "hide_known",
    "is_named_secret",
    "is_secret_name",
    "redact",
    "redact_cut",
    "redact_named",
    "speaks_about",
]
