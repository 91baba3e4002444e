"""Where a hidden variable leads: the host and the port of a URL are no secret, and tell who calls whom. Pure.

User, password, path and query may be, so that nothing of them is kept. What could be read in two ways is hidden whole:
an `@` behind the first `/` may belong to a password that nobody escaped.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from fermata.kit.hiding import hide_value
from fermata.kit.redaction import is_secret_name, redact
from fermata.kit.redaction.looks import Look, judge_look

_SCHEMES = (
    "https?|wss?|grpcs?|tcp|tls|udp|dns|postgres(?:ql)?|mysql|mariadb|sqlserver|clickhouse|mongodb|rediss?|memcached|"
    "amqps?|kafka|nats|mqtts?|stomp|ldaps?|smtps?|elasticsearch|cassandra|etcd"
)
"""Of addresses alone: behind others (`otpauth`, `data`) a secret may stand where these have a host."""
_URL = re.compile(
    rf"(?P<scheme>(?:{_SCHEMES})(?:\+[a-z0-9]{{1,20}})?)://(?:[^/?#\s]{{0,400}}@)?"
    r"(?P<host>[A-Za-z0-9](?:[A-Za-z0-9.-]{0,251}[A-Za-z0-9])?(?::[0-9]{1,5})?)(?P<rest>[/?#]\S{0,4000})?",
    re.IGNORECASE,
)


def hide_variable(name: str, value: str, shown: Sequence[str]) -> str:
    """Return the value, or `<redacted 9f86d081>`, of a URL with where it leads: `<redacted 9f86d081> at http://db:80`.

    The mark is that of the whole value: two that differ in their paths alone differ.

    Args:
        shown: Globs of names that may be shown at all.
    """
    hidden = hide_value(name, value, shown)
    place = "" if hidden == value or is_secret_name(name) else _find_place(value)
    return f"{hidden} at {place}" if place else hidden


def _find_place(value: str) -> str:
    """Return scheme, host and port of a URL; empty for anything else, and for a host that looks like a secret."""
    match = _URL.fullmatch(value.strip())
    if match is None or "@" in (match["rest"] or ""):
        return ""
    # Some give each customer a name of random letters, and whoever knows it may send.
    if any(judge_look(label) is Look.RANDOM for label in re.split("[.:]", match["host"])):
        return ""
    place = f"{match['scheme']}://{match['host']}"
    return "" if redact(place).count else place
