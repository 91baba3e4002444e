"""Which name did not resolve, and where a person looks for it: a file of the host goes before every server.

Called where names that do not resolve are told as a cause outside of any change. Pure.
"""

from __future__ import annotations

import re

from fermata.rules.changes.outside_cause import say_telling
from fermata.rules.changes.symptoms import Telling

_LONGEST = 2000
_HOST = re.compile(
    r"(?:\blookup|\benotfound|\beai_again|unknownhostexception:|(?:resolve|translate) host ?(?:name)?:?"
    r"|\bhost=|host not found in upstream|bad address|error -\d connecting to) ?[\"'(]{0,2}"
    r"(?P<host>[a-z0-9][\w-]{0,62}(?:\.[\w-]{1,62}){0,8})",
    re.IGNORECASE,
)
"""Where Go, Node.js, Java, curl, libpq, urllib3, nginx, busybox and redis-py write the name that they asked for."""


def find_unresolved(telling: Telling) -> str:
    """Return the name that lines say was asked for; empty where they name none, as a plain `gaierror` does."""
    texts = (text[:_LONGEST] for text in (telling.text, *telling.samples))
    found = next(filter(None, map(_HOST.search, texts)), None)
    return found["host"] if found is not None else ""


def say_unresolved(telling: Telling) -> str:
    """Return in words that names do not resolve, which one, and who says so."""
    said, host = say_telling(telling), find_unresolved(telling)
    which = f" ({host})" if host and host not in said else ""
    return f"Names do not resolve{which}; {telling.service} says: {said}"


def ask_for_name(telling: Telling) -> str:
    """Return the order to look where names come from, nearest first."""
    host = find_unresolved(telling)
    of = "" if host else f", for each host that {telling.service}'s settings name: these lines name none"
    return (
        f"Where {telling.service} runs, run `getent hosts {host or 'NAME'}`{of}. /etc/hosts is read first: correct a "
        "wrong or missing line there. Else ask the resolver and the zone's servers, and look at what answers."
    )
