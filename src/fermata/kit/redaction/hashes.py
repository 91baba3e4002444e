"""Passwords as they are stored: short ones are guessed from their hash within hours, so a hash is hidden as well.

The forms are those of crypt(5), LDAP (RFC 2307), PostgreSQL's catalogue and Django, by their own documentation.
"""

from __future__ import annotations

import re

from fermata.kit.redaction.vendors import Shape

_CRYPT = "./A-Za-z0-9"
_PATTERNS = (
    rf"(?:apr1|1)\$[{_CRYPT}]{{1,16}}\$[{_CRYPT}]{{22}}(?![{_CRYPT}])",
    rf"[56]\$(?:rounds=[0-9]{{1,9}}\$)?[{_CRYPT}]{{1,16}}\$[{_CRYPT}]{{43,86}}(?![{_CRYPT}])",
    rf"2[abxy]?\$[0-9]{{2}}\$[{_CRYPT}]{{53}}(?![{_CRYPT}])",
    rf"(?:y|gy|7)\$[{_CRYPT}]{{1,64}}\$[{_CRYPT}]{{1,64}}\$[{_CRYPT}]{{43}}(?![{_CRYPT}])",
    r"argon2(?:id|i|d)\$(?:v=[0-9]{1,3}\$)?[a-z]=[0-9a-z,=]{1,64}\$[A-Za-z0-9+/]{8,128}\$[A-Za-z0-9+/]{16,128}",
)

HASHES = (
    Shape("hash",
          ("$apr1$", "$1$", "$5$", "$6$", "$2$", "$2a$", "$2b$", "$2x$", "$2y$", "$y$", "$gy$", "$7$", "$argon2"),
          re.compile(rf"\$(?:{'|'.join(_PATTERNS)})")),
    Shape("hash", ("sha}", "smd5}", "sha256}", "sha384}", "sha512}"),
          re.compile(r"(?i)\{(?:s?sha(?:256|384|512)?|smd5)\}(?P<secret>[A-Za-z0-9+/]{20,256}={0,2})"), folded=True),
    Shape("hash", ("SCRAM-SHA-",),
          re.compile(r"SCRAM-SHA-(?:1|256)\$[0-9]{1,9}:[A-Za-z0-9+/=]{8,64}\$[A-Za-z0-9+/=]{20,64}:[A-Za-z0-9+/=]{20,64}")),
    Shape("hash", ("pbkdf2_sha",),
          re.compile(r"pbkdf2_sha(?:1|256|512)\$[0-9]{1,9}\$[A-Za-z0-9]{4,64}\$[A-Za-z0-9+/=]{20,128}")),
)  # fmt: skip
"""Hashes of passwords, with their salt."""
