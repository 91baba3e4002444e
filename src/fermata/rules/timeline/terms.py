"""The words of a text that say what it is about: not those of every sentence, nor those of every incident."""

from __future__ import annotations

import re

_WORD = re.compile(r"[a-z][a-z0-9]*(?:[-_./][a-z0-9]+)*|#\d{2,}|\b\d{4,}\b(?!%)", re.IGNORECASE)
_LINK = re.compile(r"<?https?://\S+")
# `CheckoutHigh5xx` is three words to whoever speaks of it.
_HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z][a-z])")
_MENTION = re.compile(r"<@[^>]*>|@[\w.-]+")
_COMMON = frozenset(
    """
    a about above after again all almost already also am an and any anybody anyone anything are around as at away back be
    because been before being best better between both but by call came can cannot check checked checking come comes
    coming confirmed could currently day days did didn do does doesn doing don done down each else even ever every
    everyone everything exactly far few finally fine first folks for found from fully get gets getting give go goes going
    gone good got great guys had has hasn have haven having he hello help her here hey hi him his hold how huge i if in
    into is isn it its just keep know last late later least let lets like likely little ll long look looking looks lot
    low made make makes making many may maybe me might min mins minute minutes more most much must my nah need needs never
    new next no nobody not nothing now of off ok okay old on once one only onto open or other our out over own part
    people please point pretty probably put quick quite rather re really right run running said same saw say saying says
    sec second see seeing seem seems seen set she should show shows side since so some somebody someone something
    sorry start started starting starts still stop sure take taken takes taking team tell than thank thanks that the their
    them then there these they thing things think this those though time times to today together too took top tried try
    trying two under until up update updated us use using utc ve very wait was wasn way we well went were what when
    where which while who why will with without won work working works would wrong yeah yep yes yet you your
    alert alerts alerting incident issue issues problem problems error errors failing failed failure failures fails
    fail broken outage prod production firing resolved triggered service services deploy deployed deploys deployment
    deploying rollback rolled rolling revert reverted restart restarted high rate spike spiking graph graphs dashboard
    dashboards logs log metric metrics fix fixed fixing cause caused customers customer users user request requests
    latency slow timeouts timeout normal healthy recovered recovering change changes changed merged release released
    version pods pod node nodes page paged critical warning sev sev1 sev2 us eu region total count percent number
    zero half third unrelated separate different another related actually already app api server servers increase
    opened opening added adding moved moving created creating posted published disabled disabling enabled disabling pushed
    removed dropped dropping raising raised decided decision plan reached reproduced marking confirm found turn turned
    switched rule ruled reset scaled wait waiting forever hours hour week minute ago yesterday morning
    twice default defaults limit limits threshold although instead whole entire several many usual typo there
    elevated degraded degradation down unavailable impact impacted affected minor major monitor monitoring
    """.split()
)
_SHORTEST = 3


def find_terms(text: str) -> frozenset[str]:
    """Return the telling words of a text, in lower case and without plural ends; numbers of three digits and more."""
    plain = _HUMP.sub(" ", _MENTION.sub(" ", _LINK.sub(" ", text)))
    found: set[str] = set()
    for match in _WORD.finditer(plain.lower()):
        word = match[0].lstrip("#")
        found.update(_trim(part) for part in (word, *re.split(r"[-_./]", word)) if _is_telling(part))
    return frozenset(found)


def _is_telling(word: str) -> bool:
    return len(word) >= _SHORTEST and word not in _COMMON or word in ("db", "ci", "s3")


def _trim(word: str) -> str:
    return word[:-1] if len(word) > 4 and word.endswith("s") and not word.endswith("ss") else word
