"""What ended or was replaced under a system that was the same as before: a credential, or what a cache held."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import timedelta

from fermata.kit.redaction.marks import MARK
from fermata.rules.changes.failures import classify
from fermata.rules.changes.outside_cause import Outside, quote_telling, say_telling
from fermata.rules.changes.symptoms import Symptoms, Telling

_LAPSED = re.compile(
    r"(?:\btoken|api[ _-]?key|access[ _-]?key|credentials?|password|client[ _-]?secret|service[ _-]?account)\b"
    r".{0,90}?\b(?:expired|has ended|was revoked|is no longer valid)\b"
    r"(?:.{0,12}?(\d{4}-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d)?))?",
    re.IGNORECASE,
)
_OF_A_PARTY = re.compile(r"api[ _-]?(?:key|token)|client[ _-]?secret|service[ _-]?account", re.IGNORECASE)
_ROTATED = re.compile(
    r"\b(?:rotat(?:ed|ing)|renewed|regenerated|reset|changed|revoked|replaced)\b.{0,60}"
    r"\b(?:passwords?|credentials?|secrets?|api[ _-]?keys?|access[ _-]?keys?|tokens?|(?:static )?role"
    r"|service[ _-]?account)\b|\b(?:password|credential|secret|api[ _-]?key|access[ _-]?key|token)s?\b.{0,60}"
    r"\b(?:rotat(?:ed|ion)|was (?:reset|changed|revoked|replaced))\b"
    # What AWS's own functions that rotate a secret say, and PostgreSQL of who did it by hand.
    r"|\bsuccessfully set (?:password for|awscurrent stage to version)\b|\balter (?:user|role)\b.{0,80}\bpassword\b",
    re.IGNORECASE,
)
_REFUSED = re.compile(
    r"password authentication failed|access denied|authentication failed|login failed|wrongpass|\b401\b|unauthori[sz]ed"
    r"|invalid (?:credentials?|password|api[ _-]?key|token|client[ _-]?secret)|signature (?:mismatch|does not match)",
    re.IGNORECASE,
)
_CACHE = re.compile(r"memcached|redis|valkey|keydb|varnish|hazelcast|dragonfly", re.IGNORECASE)
_RESTARTED = re.compile(
    r"systemd\[\d+\]: (?:stopped|stopping|started|starting|restarted)\b|\brestart(?:ed|ing)\b|server initiali[sz]ed"
    r"|is starting|ready to accept connections|signal handled: terminated|flush_?all|flush_?db",
    re.IGNORECASE,
)
_ASKED = frozenset({"slow", "timeout", "pool", "load", "query", "cpu", "backlog", "starvation"})
_FEWEST = 3  # Refusals that are no longer somebody's mistyped password.
_SOON = timedelta(minutes=30)  # Sessions and pools outlive the credential that they were opened with.
_AT_ONCE = timedelta(minutes=5)
_TOLERANCE = timedelta(minutes=1)


def find_credential(symptoms: Symptoms) -> Iterator[Outside]:
    """Find a credential of ours that has expired, by its issuer's word, or that was replaced just before."""
    for one in symptoms.tellings:
        found = [match for text in one.samples if (match := _LAPSED.search(text))]
        if one.before == 0 and one.count >= _FEWEST and len(found) == len(one.samples) and _is_one(found):
            at = f" at {found[0][1]}" if found[0][1] else ""
            yield Outside(
                "credential_expired", one.service, f"A credential has expired{at}; {say_telling(one)}", 0.9,
                (quote_telling(one),), "Issue a new credential, give it to who uses it, and have its end watched.",
            )  # fmt: skip
            return
    yield from _find_replaced(symptoms)


def _is_one(found: Sequence[re.Match[str]]) -> bool:
    """Answer whether all failures are about one credential: of many users each has one, and an end of its own."""
    texts = {match[0] for match in found}
    return len(texts) == 1 and bool(found[0][1] or _OF_A_PARTY.search(found[0][0]) or MARK.search(found[0][0]))


def _find_replaced(symptoms: Symptoms) -> Iterator[Outside]:
    for act in symptoms.tellings:
        if act.at is None or act.severe or not _ROTATED.search(act.text) or _REFUSED.search(act.text):
            continue
        for one in symptoms.tellings:
            is_refused = one.count >= _FEWEST and one.before == 0 and all(_REFUSED.search(text) for text in one.samples)
            if one.at is not None and is_refused and -_TOLERANCE <= one.at - act.at <= _SOON:
                when = f"{act.at:%H:%M:%S} UTC"
                yield Outside(
                    "credential_expired", one.service,
                    f"A credential was replaced at {when}, and {one.service} is refused since: {say_telling(one)}",
                    0.85, (quote_telling(act), quote_telling(one)),
                    f"Give {one.service} the new credential, and find out why it did not get it when it was replaced.",
                )  # fmt: skip
                return


def find_emptied_cache(symptoms: Symptoms) -> Iterator[Outside]:
    """Find a cache that was restarted or emptied as it began, where what is seen is that more is asked of others."""
    if not _ASKED & symptoms.kinds.keys():
        return
    for one in symptoms.tellings:
        near = one.at is not None and -_TOLERANCE <= symptoms.began_at - one.at <= _AT_ONCE
        if near and not one.severe and _CACHE.search(one.text) and _RESTARTED.search(one.text):
            name = next((name for name in sorted(symptoms.services) if _is_cache(name, symptoms)), one.service)
            yield Outside(
                "cache_emptied", name,
                f"A cache was restarted at {one.at:%H:%M:%S} UTC, as it began, and begins empty: {say_telling(one)}",
                0.75,
                (quote_telling(one), *(quote_telling(other) for other in symptoms.tellings if _misses(other))),
                "Let fewer callers in until it has filled, and find out who restarted it.",
            )  # fmt: skip
            return


def _is_cache(name: str, symptoms: Symptoms) -> bool:
    return symptoms.kinds_of.get(name) == "cache" or bool(_CACHE.search(name))


def _misses(one: Telling) -> bool:
    return "cache" in classify(one.text) and one.count >= _FEWEST and not _RESTARTED.search(one.text)
