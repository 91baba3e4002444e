"""One party that takes what all share: nobody changed anything, somebody asks for more."""

from __future__ import annotations

import re
from collections.abc import Iterator

from fermata.rules.changes.firsts import LINGERS
from fermata.rules.changes.outside_cause import Outside, quote_metric, quote_telling
from fermata.rules.changes.symptoms import Symptoms, Telling

_PARTY = re.compile(
    r"\b(tenant|customer|merchant|account|org|workspace|user|usr|username|application_name)(?:_?id)?[=:]\"?([\w.-]{3,60})"
    r"|\b()([a-z][\w.-]{2,40})@[a-z][\w-]{1,40}\s+(?:LOG|STATEMENT|DETAIL)\b",
    re.IGNORECASE,
)
_OURS = frozenset(
    ["app", "api", "web", "root", "admin", "repl", "replication", "replicator", "postgres", "mysql", "main", "service"]
)
"""Users that are nobody in particular."""
_FEWEST = 40  # Lines about one party that are no longer chance.
_SHARED = frozenset({"backlog", "slow", "pool", "cpu", "disk", "starvation", "ratelimit", "query", "timeout"})
_SAMPLES = 3


def find_flood(symptoms: Symptoms) -> Iterator[Outside]:
    """Find one tenant, account or user who began to ask for much at once, while what is shared cannot keep up."""
    if not _SHARED & symptoms.kinds.keys():
        return
    for one in symptoms.tellings:
        is_much = one.count >= _FEWEST and not one.severe and one.before == 0
        is_over = one.last_at is not None and one.last_at < symptoms.began_at - LINGERS
        party = _find_party(one, symptoms) if is_much and not is_over else ""
        if party:
            grown = (item for item in symptoms.moved if party in re.split(r"[^\w-]|_", item.shift.series.metric))
            proof = next((quote_metric(item) for item in grown if item.shift.after > item.shift.before), None)
            yield Outside(
                "noisy_neighbour", one.service,
                f"{party} began to ask for much: {one.count} lines of {one.service} are about it, and none was before.",
                0.85 if proof else 0.6, (quote_telling(one), *([proof] if proof else [])),
                f"Limit {party}, so that the others get their share.",
            )  # fmt: skip
            return


def _find_party(one: Telling, symptoms: Symptoms) -> str:
    """Return who stands in every sample, unless it is one of our services or was heard of while all was well."""
    named = [{pair[1] or pair[3] for pair in _PARTY.findall(text)} for text in one.samples]
    same = set.intersection(*named) if len(named) >= _SAMPLES else set()
    own = {part for name in symptoms.services for part in re.split(r"[^a-z0-9]+", name.casefold())}
    strangers = {
        name
        for name in same
        if name.casefold() not in symptoms.healthy_words | _OURS
        and not own & set(re.split(r"[^a-z0-9]+", name.casefold()))
    }
    return min(strangers, default="")
