"""Causes that are no change: what the world did to a system that was the same as before.

Each finder returns what it rests on. They are read twice: as signatures of their own, and by the judgement over
changes, which needs a stronger tie before it blames a change beside one of these.
"""

# ruff: noqa: E501 - a row of a table is one line, so that rows can be compared

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta

from fermata.domain.evidence import EvidenceKind
from fermata.domain.facts import ProviderEvent
from fermata.rules.changes.certificate_owners import find_owner
from fermata.rules.changes.failures import classify
from fermata.rules.changes.floods import find_flood
from fermata.rules.changes.lapses import find_credential, find_emptied_cache
from fermata.rules.changes.library_lines import is_of_stack
from fermata.rules.changes.loglines import read_message
from fermata.rules.changes.outside_cause import SURGE, Outside, quote_metric, quote_telling, say_telling
from fermata.rules.changes.outside_words import (
    CERTIFICATE,
    CLOCK,
    DISK,
    DNS,
    HARDWARE,
    LICENCE,
    LIMITED,
    OUR_SITE,
    OWN_STORE,
    PATH,
    UNSYNCED,
)
from fermata.rules.changes.parties import find_named_party
from fermata.rules.changes.statuses import drop_numbers
from fermata.rules.changes.steal import MUST, STEAL, find_steal
from fermata.rules.changes.surges import find_surge
from fermata.rules.changes.symptoms import Symptoms, Telling
from fermata.rules.changes.unresolved import ask_for_name, say_unresolved
from fermata.rules.claims import Quote
from fermata.rules.metrics.semantics import Kind
from fermata.rules.references import drop_references

_SYMPTOMS = (Kind.ERRORS, Kind.LATENCY, Kind.SUCCESS)
_LONGEST_SAMPLE = 2000  # As shapes keep them.


def find_outside(symptoms: Symptoms) -> tuple[Outside, ...]:
    """Return every cause outside the changes that the symptoms speak for, the surest first."""
    found = [cause for finder in FINDERS.values() for cause in finder(symptoms)]
    return tuple(sorted(found, key=lambda cause: -cause.confidence))


def _list_tellings(symptoms: Symptoms, pattern: re.Pattern[str]) -> list[Telling]:
    """Return the lines of a shape of which at least half say so: one of a thousand is a number or a name by chance."""
    return [
        one
        for one in symptoms.tellings
        if one.weight >= 0.2
        and 2 * sum(pattern.search(drop_numbers(text)) is not None for text in one.samples) >= max(1, len(one.samples))
        # Last, for it goes through the lines of a log.
        and not is_of_stack(one.evidence, one.number)
    ]


_PLANNED = re.compile(r"maintenance|scheduled|informational", re.IGNORECASE)
_GENERIC = frozenset(
    [
        "api",
        "apis",
        "cloud",
        "service",
        "services",
        "health",
        "status",
        "page",
        "statuspage",
        "feed",
        "provider",
        "platform",
        "online",
        "errors",
    ]
)


def find_provider_outage(symptoms: Symptoms) -> Iterator[Outside]:
    """Find a provider's own word about a fault that overlaps ours, of a service or region that we use."""
    texts = (text for one in symptoms.tellings for text in one.samples)
    told = " ".join([symptoms.alert_text, *symptoms.labels, *symptoms.services, *texts]).casefold()
    for evidence, facts in symptoms.statuses:
        for position, event in enumerate(facts.events, start=1):
            line = next((one for one in evidence.lines if one.number == position), None)
            began = event.started_at
            if line is None or began is None or not _overlaps(event, symptoms):
                continue
            uses = _uses_service(event, facts.source, told, symptoms) + _stands_in(event.region, told)
            if uses:
                what = " ".join(word for word in (event.service, event.region) if word) or "a service"
                yield Outside(
                    "provider_outage",
                    event.service or facts.source,
                    f"{facts.source} reports '{event.title}' for {what} since {began:%H:%M} UTC, and what fails uses it.",
                    0.9 if uses > 1 else 0.75,
                    (
                        Quote(evidence.id, line.number, line.text),
                        *(quote_telling(one) for one in symptoms.tellings[:1]),
                    ),
                    "Follow the provider's status, and use another region or provider if there is one.",
                )
                return


def _overlaps(event: ProviderEvent, symptoms: Symptoms) -> bool:
    """Answer whether an unplanned event was going on when our fault began, or was reported soon after."""
    began, ended = event.started_at, event.resolved_at
    if began is None or not symptoms.began_at - timedelta(hours=12) <= began <= symptoms.onset + timedelta(hours=1):
        return False
    if ended is None:
        return not _PLANNED.search(f"{event.status} {event.title}")
    return ended >= symptoms.began_at


def _uses_service(event: ProviderEvent, source: str, told: str, symptoms: Symptoms) -> bool:
    """Answer whether what fails speaks of the provider or its service, or the provider of what we call external."""
    names = [
        word for word in re.findall(r"[a-z0-9]{2,}", f"{event.service} {source}".casefold()) if word not in _GENERIC
    ]
    said = f"{event.service} {event.title} {event.detail}".casefold()
    ours = (name for name, kind in symptoms.kinds_of.items() if kind == "external")
    return any(_stands_in(name, told) for name in names) or any(_stands_in(name.casefold(), said) for name in ours)


def _stands_in(word: str, text: str) -> bool:
    return bool(word) and re.search(rf"(?<![a-z0-9]){re.escape(word.casefold())}(?![a-z0-9])", text) is not None


def _find_words(
    symptoms: Symptoms, pattern: re.Pattern[str], make: Callable[[Telling], tuple[str, str, float, str]]
) -> Iterator[Outside]:
    tellings = [_begin_with(one, pattern) for one in _list_tellings(symptoms, pattern)]
    if tellings:
        first = tellings[0]
        cause, text, confidence, person_must = make(first)
        yield Outside(
            cause, first.service, text, confidence, tuple(quote_telling(one) for one in tellings[:3]), person_must
        )


def _begin_with(one: Telling, pattern: re.Pattern[str]) -> Telling:
    """Return lines with the first of them that says so in front: what is quoted has to show it."""
    if pattern.search(drop_numbers(read_message(one.text))):
        return one
    late = (line for line in one.evidence.lines if line.number > one.number)
    found = next((line for line in late if read_message(line.text)[:_LONGEST_SAMPLE] in one.samples
                  and pattern.search(drop_numbers(line.text))), None)  # fmt: skip
    samples = sorted(one.samples, key=lambda text: pattern.search(drop_numbers(text)) is None)
    return one if found is None else replace(one, number=found.number, text=found.text, samples=tuple(samples))


def find_certificate(symptoms: Symptoms) -> Iterator[Outside]:
    """Find a certificate past its end, and whose it is: who complains is who was shown it."""
    yield from _find_words(symptoms, CERTIFICATE, lambda one: (
        "certificate_expired", f"{_name_certificate('A', one)} has expired; {one.service} says: {say_telling(one)}", 0.9,
        f"Renew {_name_certificate('the', one)}, and find out {_NOT_RENEWED}"))  # fmt: skip


_NOT_RENEWED = "why it was not renewed in time: whether the renewal ran, and what it was told."


def _name_certificate(article: str, one: Telling) -> str:
    owner = find_owner(one.samples)
    return f"{'The' if article == 'A' else article} certificate of {owner}" if owner else f"{article} certificate"


def find_licence(symptoms: Symptoms) -> Iterator[Outside]:
    """Find a right to use something that has ended."""
    yield from _find_words(symptoms, LICENCE, lambda one: (
        "licence_expired", f"A licence or a subscription has ended; {one.service} says: {say_telling(one)}", 0.85,
        "Renew it, and watch its end from now on."))  # fmt: skip


_SEVERAL = 3


def find_dns(symptoms: Symptoms) -> Iterator[Outside]:
    """Find names that no longer resolve: where several services say so, it is no setting of one of them."""
    several = len({one.service for one in _list_tellings(symptoms, DNS)}) >= _SEVERAL
    yield from _find_words(symptoms, DNS, lambda one: (
        "dns_failure", say_unresolved(one), 0.9 if several else 0.85, ask_for_name(one)))  # fmt: skip


def find_hardware(symptoms: Symptoms) -> Iterator[Outside]:
    """Find a device that fails."""
    yield from _find_words(symptoms, HARDWARE, lambda one: (
        "hardware_failure", f"A device fails; {one.service} says: {say_telling(one)}", 0.85,
        "Move the load off that host, and replace the device."))  # fmt: skip


def find_clock(symptoms: Symptoms) -> Iterator[Outside]:
    """Find a clock that is wrong."""
    yield from _find_words(symptoms, CLOCK, lambda one: (
        "clock_skew", f"A clock is off; {one.service} says: {say_telling(one)}",
        0.85 if _list_tellings(symptoms, UNSYNCED) else 0.65,
        "Compare the clocks of the hosts, and repair their time service."))  # fmt: skip


def find_network_path(symptoms: Symptoms) -> Iterator[Outside]:
    """Find a fault of the network between us and others."""
    yield from _find_words(symptoms, PATH, lambda one: (
        "network_path_failure", f"The network path fails; {one.service} says: {say_telling(one)}", 0.7,
        "Call the carrier, and steer traffic around the path if there is another."))  # fmt: skip


def find_disk(symptoms: Symptoms) -> Iterator[Outside]:
    """Find a disk that filled up."""
    yield from _find_words(symptoms, DISK, lambda one: (
        "disk_full", f"A disk is full; {one.service} says: {say_telling(one)}", 0.5,
        "Free or add space, and find out what fills it."))  # fmt: skip


def find_noisy_neighbour(symptoms: Symptoms) -> Iterator[Outside]:
    """Find time that the host gives to others."""
    shown = tuple(find_steal(symptoms))
    yield from shown or _find_words(symptoms, STEAL, lambda one: (
        "noisy_neighbour", f"The host gives its time to others; {one.service} says: {say_telling(one)}", 0.75, MUST))  # fmt: skip


_ITEM = re.compile(
    r"\b((?:message|msg|event|job|order|batch|file|file_?name|interchange|partner|feed|source|offset|document|payload|record|import|correlation|supplier|vendor|device|tenant|customer|merchant|account|client|org)(?:[_ -]?id)?)(?:\s?[=:#]\s?|\s(?=[\w./@:-]*\d[\w./@:-]*(?:[\s,;]|$)))\"?'?([\w./@:-]{3,80})",
    re.IGNORECASE,
)
_PARTY = re.compile(r"tenant|customer|merchant|account|client|org", re.IGNORECASE)
_AGAIN = re.compile(r"requeue|redeliver|retr(?:y|ies|ying)|poison|again|attempt|same offset|stuck|skipp", re.IGNORECASE)
_BAD_DATA = frozenset({"parse", "null", "data", "encoding", "constraint", "size"})
_OVERLOAD = frozenset({"slow", "pool", "timeout", "ratelimit", "cpu", "starvation", "backlog", "lock"})
_OTHERS = 2  # Of the kind that do well meanwhile.
_FEWEST = 8  # Failures about one thing that are no longer chance.


def find_bad_input(symptoms: Symptoms) -> Iterator[Outside]:
    """Find one message, file or partner that nearly every failure is about, or one tenant that takes all there is."""
    for one in symptoms.tellings:
        same = (
            _find_same(one, symptoms) if one.count >= _FEWEST and one.weight >= 0.5 and len(one.samples) >= 3 else None
        )
        if same is None:
            continue
        key, value = same
        kinds = _list_kinds_of_event(one, symptoms)
        again = any(_AGAIN.search(text) for text in one.samples) or any(
            "redeliver" in item.shift.series.metric for item in symptoms.moved
        )
        if kinds & _BAD_DATA:
            yield Outside(
                "bad_input_data", one.service,
                f"All {one.count} failures of {one.service} of this kind are about {key} {value}: {say_telling(one)}",
                0.5 if key == "offset" else 0.85 if again else 0.65, (quote_telling(one),), f"Set {key} {value} aside, and ask its sender.",
                not again and _do_others_well(one.service, key, value, symptoms),
            )  # fmt: skip
            return
        if kinds & _OVERLOAD and _PARTY.search(key):
            yield Outside(
                "noisy_neighbour", one.service,
                f"All {one.count} failures of {one.service} of this kind are about {key} {value}: {say_telling(one)}",
                0.6, (quote_telling(one),), f"Limit {key} {value}, so that the others get their share.",
            )  # fmt: skip
            return


_SPEAKER = re.compile(
    r"\[(?:\w{0,20}Consumer|\w{0,20}Producer|AdminClient|Worker)\b[^\]]{0,300}\]|<(?:BrokerConnection|KafkaClient)\b[^>]{0,300}>"
)
"""How Kafka's clients head each of their lines with their own name: who speaks, not what it is about."""


def _list_items(text: str) -> list[tuple[str, str]]:
    """Return what a line is about, as name and value; the sign that ends a clause is of no value."""
    return [(key.casefold(), value.rstrip(".:/-")) for key, value in _ITEM.findall(_SPEAKER.sub(" ", text))]


def _do_others_well(service: str, key: str, value: str, symptoms: Symptoms) -> bool:
    """Answer whether the same code went on to do its work for others of the kind since it began."""
    found = {pair for own, text in symptoms.calm if own == service for pair in _list_items(text)}
    return bool(sum(name == key and other != value for name, other in found) >= _OTHERS)


def _list_kinds_of_event(one: Telling, symptoms: Symptoms) -> set[str]:
    """Return the kinds of failure of a line and of those that come with it each time: a stack, what it was about."""
    event = (other for other in symptoms.tellings if other.service == one.service and other.count == one.count)
    return {kind for other in (one, *event) for text in other.samples for kind in classify(text)}


# A proxy's, which all its users share.
_ADDRESS = re.compile(r"(?<![0-9a-f:.])(?:[0-9.]++|[0-9a-f]++:[0-9a-f.:]*+|::[0-9a-f.:]*+)", re.IGNORECASE)


_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")  # Everything that fails today is about today.


def _find_same(one: Telling, symptoms: Symptoms) -> tuple[str, str] | None:
    """Return the name and value that stand in every sample, unless healthy lines have the value too."""
    pairs = Counter(pair for text in one.samples for pair in dict(_list_items(text)).items())
    same = [
        pair
        for pair, count in pairs.items()
        if count == len(one.samples)
        and re.search(r"[0-9A-Z]", pair[1])
        and pair[1].casefold() not in symptoms.healthy_words
        and not (pair[0] == "client" and _ADDRESS.fullmatch(pair[1]))
        and not _DAY.match(pair[1])
    ]
    return max(same, key=lambda pair: (len(pair[1]), pair), default=None)


_SPOT = re.compile(
    r"([\w.-]{1,80}\.(?:csv|tsv|psv|xml|json|jsonl|ndjson|edi|x12|txt|dat|xlsx?|pdf|parquet|avro|zip|gz))\b.{0,60}?"
    r"\b(line|row|record|offset|byte|position)[ :=#]{1,2}(\d{1,15})\b",
    re.IGNORECASE,
)
_FED_SPOT = re.compile(
    r"\b((?:supplier|partner|vendor|sender|source|feed|customer|merchant|file)[=:]\s?\"?[\w./-]{2,80})\b.{0,60}?"
    r"\b(line|row|record|offset|byte|position)[ :=#]{1,2}(\d{1,15})\b",
    re.IGNORECASE,
)
"""Who it came from, and the place in what they sent."""
_SHARE = re.compile(r"rate|ratio|share", re.IGNORECASE)
_MOST_FAILING = 0.8


def find_bad_spot(symptoms: Symptoms) -> Iterator[Outside]:
    """Find one place of one file at which every attempt ends: a reader that is broken fails at more than one."""
    for one in symptoms.tellings:
        spots = {_find_spot(text) for text in one.samples}
        spot = spots.pop() if len(spots) == 1 else None
        if spot and one.severe and one.count >= _FEWEST and one.before == 0 and _BAD_DATA & symptoms.own_kinds.keys():
            file, unit, number = spot
            yield Outside(
                "bad_input_data", one.service,
                f"All {one.count} failures of {one.service} of this kind are at {unit} {number} of {file}: {say_telling(one)}",
                0.85, (quote_telling(one),), f"Set {file} aside, and ask its sender.", _does_the_rest(one.service, symptoms),
            )  # fmt: skip
            return


def _find_spot(text: str) -> tuple[str, ...] | None:
    found = _SPOT.search(text) or _FED_SPOT.search(text)
    return found.groups() if found else None


def _does_the_rest(service: str, symptoms: Symptoms) -> bool:
    """Answer whether the share of failures of a service rose, and far from all of it fails."""
    shares = (item for item in symptoms.moved if item.service == service and _SHARE.search(item.shift.series.metric))
    return any(item.shift.series.meaning.kind is Kind.ERRORS and item.shift.after <= _MOST_FAILING for item in shares)


def find_neighbour(symptoms: Symptoms) -> Iterator[Outside]:
    """Find somebody who shares a store with what fails, depends on none of it, and began to ask for far more."""
    grown = {
        item.service: item
        for item in symptoms.moved
        if item.shift.series.meaning.kind in (Kind.TRAFFIC, Kind.CPU)
        and (item.shift.ratio or 0.0) >= SURGE
        and item.shift.onset <= (symptoms.began_at + timedelta(minutes=2)).timestamp()
    }
    own = {name for alerted in symptoms.alerted for name in symptoms.graph.list_reachable(alerted)}
    for store in sorted(symptoms.failing & own):
        for caller in symptoms.graph.callers.get(store, ()):
            if caller in grown and caller not in own and not (symptoms.graph.list_reachable(caller) & symptoms.alerted):
                item = grown[caller]
                yield Outside(
                    "noisy_neighbour", caller, f"{item.words}; it shares {store} with what fails.", 0.65,
                    (quote_metric(item),), f"Stop or slow {caller}, and give it a store or a share of its own.",
                )  # fmt: skip
                return


_ASKS = re.compile(
    r"(?:provider|upstream|partner|vendor|external|outbound|egress)\w*(?:requests|calls|rps|qps)", re.IGNORECASE
)
_OWN_LIMIT = 0.4  # It is overrun: by whom is what is asked.
_DAILY = re.compile(r"daily|per day|\bday\b|monthly", re.IGNORECASE)
_PARTY_SAYS = re.compile(r"provider|upstream|partner|vendor|\bplan\b|contract|project|api[ _]key", re.IGNORECASE)


def find_rate_limit(symptoms: Symptoms) -> Iterator[Outside]:
    """Find a party that refuses us for asking too often: surely so where we ask as often as ever."""
    steady = {series.service for series in symptoms.steady if _ASKS.search(series.metric)}
    theirs = tuple(
        one
        for one in symptoms.tellings
        # What objects tell, as of an image that is not given out, is about that object alone.
        if one.evidence.kind is not EvidenceKind.OBJECTS and not any(OWN_STORE.search(text) for text in one.samples)
    )
    yield from _find_words(replace(symptoms, tellings=theirs), LIMITED, lambda one: (
        "third_party_limit", f"Another party limits us; {one.service} says: {say_telling(one)}",
        0.8 if one.service in steady and _PARTY_SAYS.search(one.samples[0])
        else 0.65 if _DAILY.search(one.samples[0]) else _OWN_LIMIT if _is_own(one, symptoms) else 0.5,
        "Ask less often or have the quota raised, and find out who asks more."))  # fmt: skip


def _is_own(one: Telling, symptoms: Symptoms) -> bool:
    """Answer whether a store of our own limits who asks it, and no other party could."""
    callees = symptoms.graph.callees.get(one.service, ())
    kinds = {name: symptoms.kinds_of.get(name) for name in callees}
    return "external" not in kinds.values() and any(name in symptoms.origins for name in callees if kinds[name])


_HOST = re.compile(
    r"(?<![\w.-])((?:[a-z0-9-]{1,63}\.){1,9}(?:com|io|net|org|cloud|dev|co|eu|de|uk|us|ai|app|example))(?![\w-]|\.[\w-])",
    re.IGNORECASE,
)
# Zones that nobody else's names stand in (RFC 6762, 8375, ICANN's .internal), and what houses call their own.
_INSIDE = re.compile(
    r"(?:^|\.)(?:internal|intern|int|corp|lan|local|localdomain|intranet|private|priv|svc|cluster|consul)(?:\.|$)",
    re.IGNORECASE,
)
# Names that platforms give to their tenants' programs, databases and balancers: whose one is, nothing in it tells.
_TENANTS = re.compile(
    r"\.(?:herokuapp\.com|run\.app|vercel\.app|netlify\.app|onrender\.com|fly\.dev|railway\.app|workers\.dev|pages\.dev"
    r"|azurewebsites\.net|cloudfunctions\.net|appspot\.com|execute-api\.[a-z0-9-]+\.amazonaws\.com"
    r"|(?:rds|cache|elb|es|docdb|redshift|kafka|mq)\.(?:[a-z0-9-]+\.)?amazonaws\.com"
    r"|database\.(?:windows\.net|azure\.com)|redis\.cache\.windows\.net|servicebus\.windows\.net)$",
    re.IGNORECASE,
)
_THEIRS = re.compile(
    r"\b50[0234]\b|service ?unavailable|internal ?(?:server ?)?error|bad gateway|timed? ?out|overloaded|maintenance",
    re.IGNORECASE,
)


def find_external(symptoms: Symptoms) -> Iterator[Outside]:
    """Find a party outside the house that fails by itself."""
    for item in symptoms.moved:
        is_outside = symptoms.kinds_of.get(item.service) == "external"
        if is_outside and item.shift.series.meaning.kind in _SYMPTOMS and item.shift.strength >= 0.7:
            yield Outside(
                "third_party_outage", item.service, f"{item.words}, and it is not ours.", 0.7, (quote_metric(item),),
                "Ask the other party, and do without it where the product can.",
            )  # fmt: skip
            return
    for one in symptoms.tellings:
        told = (OUR_SITE.sub(" ", drop_references(text)) for text in one.samples if _THEIRS.search(text))
        named = {host for text in told for host in _HOST.findall(text)}
        hosts = {host for host in named if not _INSIDE.search(host) and not _TENANTS.search(host)}
        if one.severe and one.service in symptoms.origins and hosts:
            host = min(hosts)
            yield Outside(
                "third_party_outage", one.service, f"{host}, which is not ours, fails {one.service}: {say_telling(one)}", 0.55,
                (quote_telling(one),), f"Ask {host} from elsewhere, and whoever runs it.",
            )  # fmt: skip
            return


_CONTENT = frozenset({"parse", "null", "encoding"})


def find_foreign_data(symptoms: Symptoms) -> Iterator[Outside]:
    """Find what a party outside the house sends that is no longer what it used to send."""
    parties = sorted(name for name, kind in symptoms.kinds_of.items() if kind == "external")
    for one in symptoms.tellings:
        named = [name for name in parties if any(_stands_in(name, text) for text in one.samples)]
        kinds = {kind for text in one.samples for kind in classify(text)}
        if one.severe and one.before == 0 and named and kinds & _CONTENT:
            yield Outside(
                "bad_input_data", one.service,
                f"What {named[0]} sends is not what {one.service} expects: {say_telling(one)}", 0.6,
                (quote_telling(one),), f"Compare what {named[0]} sends with what it sent before, and ask it.",
            )  # fmt: skip
            return


FINDERS: dict[str, Callable[[Symptoms], Iterator[Outside]]] = {
    "provider_outage": find_provider_outage,
    "certificate_expired": find_certificate,
    "licence_expired": find_licence,
    "credential_expired": find_credential,
    "cache_emptied": find_emptied_cache,
    "dns_failure": find_dns,
    "hardware_failure": find_hardware,
    "noisy_neighbour": find_noisy_neighbour,
    "traffic_surge": find_surge,
    "bad_input_data": find_bad_input,
    "bad_spot": find_bad_spot,
    "flood": find_flood,
    "foreign_data": find_foreign_data,
    "shared_store": find_neighbour,
    "network_path_failure": find_network_path,
    "clock_skew": find_clock,
    "disk_full": find_disk,
    "third_party_outage": find_external,
    "named_party": find_named_party,
    "third_party_limit": find_rate_limit,
}
"""Name -> finder; most are named for the signature they find."""
