"""The words of a text that say what it is about: not those of every sentence, nor those of every incident."""

from __future__ import annotations

import re

_WORD = re.compile(
    r"[a-z][a-z0-9]*(?:[-_./][a-z0-9]+)*|#\d{2,}|\d(?<=\b\d)(?:\d{3,}\b(?!%)|"
    r"(?!am\b|pm\b|ms\b|st\b|nd\b|rd\b|th\b|xx\b|hr\b|[kmgt]b\b)[a-z]{2}\b)",
    re.IGNORECASE,
)
_JOINT = re.compile(r"[-_./]")
# `api.error_rate` is `error_rate` to whoever measures it.
_DOTS = re.compile(r"[./]")
_LINK = re.compile(r"<?https?://\S+")
# Of a host's name only the first label says what it is: the rest is whose it is.
_HOST = re.compile(
    r"\b([\w-]+)(?:\.[\w-]+)*\.(?:com|net|org|io|dev|example|internal|local|cloud|app|co|eu|de|fr|in|br)\b"
)
# `CheckoutHigh5xx` is three words to whoever speaks of it.
_HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z][a-z])")
_MENTION = re.compile(r"<@[^>]*>|@[\w.-]+")
_COMMON = frozenset(
    """
    a about above actually added adding affected after again ago alert alerting alerts all almost already also
    although am an and another any anybody anyone anything api app are around as at away back be because been before
    being best better between both broken bst btw but by call came can cannot cause caused cest cet change changed
    changes check checked checking come comes coming confirm confirmed could count created creating crit critical
    currently customer customers dashboard dashboards day days decided decision default defaults degradation
    degraded deploy deployed deploying deployment deploys did didn different disabled disabling do does doesn doing
    don done dont down dropped dropping each edt eest eet elevated else enabled entire error errors est eu even ever
    every everyone everything exactly fail failed failing fails failure failures far few finally fine firing first
    fix fixed fixing folks for forever found from fully fyi get gets getting give gmt go goes going gone good got
    graph graphs great guys had half has hasn have haven having he healthy hello help her here hey hi high him his
    hold hour hours how huge i if ill impact impacted in incident increase instead into is isn issue issues ist it
    its jst just keep know last late latency later least let lets like likely limit limits little ll log logs long
    look looking looks lot low made major make makes making many marking may maybe me merged metric metrics might
    min minor mins minute minutes monitor monitoring more morning most moved moving much must my nah need needs
    never new next no nobody node nodes normal not nothing now number of off ok okay old on once one only onto open
    opened opening or other our out outage over own p50 p95 p99 page paged part pdt people percent plan please pod
    pods point posted pretty probably problem problems prod production pst published pushed put quick quite raised
    raising rate rather re reached really recovered recovering region related release released removed reproduced
    request requests reset resolved restart restarted revert reverted right rollback rolled rolling rule ruled run
    running said same saw say saying says scaled sec second see seeing seem seems seen separate server servers
    service services set sev sev1 sev2 several she should show shows side since slow so some somebody someone
    something sorry spike spiking start started starting starts still stop sure switched take taken takes taking
    team tell than thank thanks that thats the their them then there these they thing things think third this those
    though thread threshold time timeout timeouts times to today together too took top total tried triggered try
    trying turn turned twice two typo unavailable under unrelated until up update updated us use used user users
    using usual utc ve version very wait waiting warn warning was wasn way we week well went were what when where which
    while who whole why will with without won work working works would wrong yeah yep yes yesterday yet you your
    zero
    """.split()  # noqa: SIM905 - as a list, these words would be four hundred lines
)
_SHORTEST = 3


def find_terms(text: str) -> frozenset[str]:
    """Return the telling words of a text, in lower case and without plural ends; numbers of three digits and more."""
    plain = _LINK.sub(" ", text) if "://" in text else text
    plain = _HOST.sub(r"\1", plain) if "." in plain else plain
    plain = _MENTION.sub(" ", plain) if "@" in plain else plain
    found: set[str] = set()
    for word in _WORD.findall(_HUMP.sub(" ", plain).lower()):
        if word in _COMMON:
            continue
        bare = word.lstrip("#")
        parts = (bare,) if bare.isalnum() else (bare, *_DOTS.split(bare), *_JOINT.split(bare))
        found.update(_trim(part) for part in parts if _is_telling(part))
    return frozenset(found)


def _is_telling(word: str) -> bool:
    return (len(word) >= _SHORTEST and word not in _COMMON) or word in ("db", "ci", "s3")


def _trim(word: str) -> str:
    return word[:-1] if len(word) > 3 and word.endswith("s") and not word.endswith("ss") else word
