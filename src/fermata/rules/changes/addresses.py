"""Addresses and ports that a change sets and failing lines name: a resolver, a peer, a rule of a firewall."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator

from fermata.rules.changes.diffs import DiffLine, Hunk
from fermata.rules.changes.live import Change
from fermata.rules.changes.moved_ports import advise_reload
from fermata.rules.changes.outside_cause import Outside
from fermata.rules.changes.outside_words import DNS
from fermata.rules.changes.signs import Sign
from fermata.rules.changes.symptoms import Symptoms, Telling
from fermata.rules.changes.unresolved import find_unresolved

_ADDRESS = re.compile(r"(?<![\w.])(\d{1,3}(?:\.\d{1,3}){3})(?:/(\d{1,2}))?(?![\w.])(?!\.\d)")
_PORT = re.compile(r"(?<=[\w\])]):(\d{2,5})(?![\w:.-])|\bport[ =:]{1,3}(\d{2,5})\b", re.IGNORECASE)
_RULE = re.compile(
    r"security_?group|firewall|network_?(?:acl|policy|security)|ingress|egress|nsg_|iptables|\bnft\b|ufw", re.IGNORECASE
)
_RULE_PORT = re.compile(r"(?:port\w*|dport|range)\b[\"']?\s*[=: ]\s*\[?\"?(\d{2,5})\b", re.IGNORECASE)
_RECORD = re.compile(
    r"(?:route53|dns|cloudflare|zone)_?\w*record|record_?sets?\b|(?:^|/)(?:zones?|dns)/", re.IGNORECASE
)
_NAME = re.compile(r"(?<![\w.-])(?:[a-z0-9-]{1,63}\.){1,8}[a-z]{2,24}(?![\w.-])")
_CALLED = r"(?://|@){0}\b|(?<![\d.]){0}:\d"
"""As whoever calls an address writes it; a rule's, a list's or a resolver's stands alone."""
_TELLS = 0.4
_EXACT = 1.5
_OPEN = 1.0  # A rule's port: who else asks there is not told by it.
_SHORTEST_NAME = 3  # Of a host: shorter words stand everywhere.
_UNREACHED = frozenset({"refused", "timeout", "dns"})


def judge_addresses(change: Change, symptoms: Symptoms) -> Iterator[Sign]:
    """Yield what a change's addresses, or the port of the rule that it changes, have to do with what fails."""
    if not _UNREACHED & symptoms.kinds.keys():
        return
    tellings = [one for one in (*symptoms.tellings, *symptoms.undated) if one.weight >= _TELLS]
    for hunk in change.diff.effective:
        found = _find_address(hunk, tellings) or _find_brought(hunk, tellings)
        if found is not None:
            text, line, telling = found
            if line.sign == "-" and re.search(_CALLED.format(re.escape(text)), line.text):
                words = f"it took {text} away, and {telling.service} still calls it"
                yield Sign("constant", _EXACT, words, line, telling, first=advise_reload(telling.service, text))
            else:
                yield Sign("constant", _EXACT, f"its {text} stands in the failing lines", line, telling)
            return
    for hunk in change.diff.effective:
        led = _find_record(hunk, tellings)
        if led is not None:
            name, line, telling = led
            text = f"it says where {name} leads, which the failing lines name"
            yield Sign("constant", _EXACT, text, line, telling)
            return
    for hunk in change.diff.effective:
        opened = _find_port(hunk, tellings)
        if opened is not None:
            port, line, telling = opened
            yield Sign(
                "constant", _OPEN, f"it says who reaches port {port}, which the failing lines name", line, telling
            )
            return


def _find_address(hunk: Hunk, tellings: list[Telling]) -> tuple[str, DiffLine, Telling] | None:
    """Return an address that only one side of a hunk has, and that failing lines name."""
    sides = {sign: {found[0] for one in hunk.list_signed(sign) for found in _list_addresses(one.text)} for sign in "+-"}
    differing = sides["+"] ^ sides["-"]
    for line in (*hunk.list_signed("+"), *hunk.list_signed("-")):
        for address, length in _list_addresses(line.text):
            if address not in differing or (length and int(length) < 32):
                continue
            for telling in tellings:
                if all(re.search(rf"(?<![\d.]){re.escape(address)}(?![\d.])", text) for text in telling.samples):
                    return address, line, telling
    return None


def drop_brought(outside: Collection[Outside], changes: Collection[Change], symptoms: Symptoms) -> tuple[Outside, ...]:
    """Return the causes without names that do not resolve, where changes brought every one: nobody ever had them.

    Args:
        changes: Those that were in effect before it began.
    """
    tellings = [one for one in (*symptoms.tellings, *symptoms.undated) if one.weight >= _TELLS]
    hunks = [hunk for change in changes for hunk in change.diff.effective]
    unresolved = [one for one in tellings if any(map(DNS.search, one.samples)) and find_unresolved(one)]
    if unresolved and all(any(_find_brought(hunk, [one]) for hunk in hunks) for one in unresolved):
        return tuple(one for one in outside if one.cause != "dns_failure")
    return tuple(outside)


def _find_brought(hunk: Hunk, tellings: list[Telling]) -> tuple[str, DiffLine, Telling] | None:
    """Return a host name that a hunk adds, and that failing lines could not resolve."""
    removed = [line.text for line in hunk.list_signed("-")]
    for telling in tellings:
        host = find_unresolved(telling).casefold()
        if len(host) < _SHORTEST_NAME or any(_stands_in(host, text) for text in removed):
            continue
        added = next((line for line in hunk.list_signed("+") if _stands_in(host, line.text)), None)
        if added is not None:
            return host, added, telling
    return None


def _find_record(hunk: Hunk, tellings: list[Telling]) -> tuple[str, DiffLine, Telling] | None:
    """Return the name of a record of DNS that a hunk changes, where failing lines name it."""
    if not _RECORD.search(f"{hunk.path} {hunk.heading}"):
        return None
    changed = next((line for sign in "+-" for line in hunk.list_signed(sign)), None)
    names = sorted({name for line in hunk.lines for name in _NAME.findall(line.text.casefold())})
    for telling in tellings if changed is not None else ():
        for name in names:
            if changed is not None and all(_stands_in(name, text) for text in telling.samples):
                return name, changed, telling
    return None


def _stands_in(name: str, text: str) -> bool:
    return re.search(rf"(?<![\w.-]){re.escape(name)}(?![\w-]|\.\w)", text.casefold()) is not None


def _list_addresses(text: str) -> list[tuple[str, str]]:
    return [(found[1], found[2] or "") for found in _ADDRESS.finditer(text)]


def _find_port(hunk: Hunk, tellings: list[Telling]) -> tuple[str, DiffLine, Telling] | None:
    """Return the port of a rule that a hunk changes, where failing lines name it as what was asked for."""
    if not _RULE.search(f"{hunk.path} {hunk.heading} {' '.join(one.text for one in hunk.lines)}"):
        return None
    changed = next((line for sign in "+-" for line in hunk.list_signed(sign)), None)
    ports = {port for one in hunk.lines for port in _RULE_PORT.findall(one.text)}
    for telling in tellings if changed is not None else ():
        named = {port for text in telling.samples for pair in _PORT.findall(text) for port in pair if port}
        if changed is not None and ports & named:
            return min(ports & named), changed, telling
    return None
