"""Lines that name exactly what refused, and so whose change could have brought them: one that touches that very thing.

An authority that signs certificates, an edge, a cloud's permissions, a registry or a provider of databases says what it
refused. A redirect that answers with another status than before explains no permission of a cloud, whatever both are
called: while no change touches what such a line is about, each is held to more.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from fermata.rules.changes.live import Change
from fermata.rules.changes.symptoms import Symptoms, Telling

_DOUBT = 0.75
"""As much as an outside cause that is nearly sure: the line is plain, and a diff may do more than it seems."""
_MOST = 0.5  # Of what fails newly and is called an error, the share that such lines have to be.
_SHORTEST = 5  # Letters of a name: a shorter one stands in any diff by chance.


@dataclass(frozen=True, slots=True)
class _Exact:
    """How one party words what it refused, and what a change that could bring it speaks of."""

    pattern: re.Pattern[str]
    """A group `name` is the very thing."""
    touching: re.Pattern[str]


def _make(pattern: str, touching: str) -> _Exact:
    return _Exact(re.compile(pattern), re.compile(touching, re.IGNORECASE))


_EXACT = (
    _make(  # RFC 8555, 6.7, and what Certbot and Caddy write around it.
        r"urn:ietf:params:acme:error:|The Certificate Authority reported these problems"
        r"|\bObtain: \[(?P<name>[\w.-]+)\]",
        r"acme|cert|encrypt|\btls\b|\bssl\b|well[-_]known|domain|\bhosts?\b|server_name|ingress|dns|caddy|traefik|nginx"
        r"|listen|\bports?\b|location\b",
    ),
    _make(  # Cloudflare's own statuses: the edge gets no connection to the origin, or none that it trusts.
        r"\bEdgeResponseStatus\"?\s?[=:]\s?\"?52[12356]\b|\b[Ee]rror(?: code)?:? 52[12356]\b",
        r"listen|\bports?\b|firewall|security_?group|ingress|cidr|\btls\b|\bssl\b|cert|cloudflare|nginx|caddy|origin|dns"
        r"|proxy|iptables|\bufw\b|\bhosts?\b|records?\b|\bbind\b|0\.0\.0\.0|exit\(|Procfile|Dockerfile",
    ),
    _make(
        r"\bis not authorized to perform: [a-z0-9-]+:(?P<name>[A-Za-z]+)"
        r"|\bResourceInitializationError: .{1,400}\bAccessDeniedException\b"
        r"|\bPermission '[a-z]+\.(?P<name2>[A-Za-z.]+)' denied on resource\b|(?<![\w:.])AccessDenied: Access Denied\b",
        r"\biam|polic(?:y|ies)|role\b|permission|statement|\bgrant|principal|\bkms|secret|assume|credential|\barn:|bucket"
        r"|\baws|boto|gcloud|google|azure|\bs3|\bsqs|\bsns|dynamo|task_?def|service_?account|scopes?\b",
    ),
    _make(
        r"\bCannotPullContainerError\b",
        r"image|\btags?\b|registry|docker|repositor|\becr|ghcr|version|workflow|subnet|gateway|endpoint|platform",
    ),
    _make(
        r"\bhost not found in upstream \"(?P<name>[\w.-]+)",
        r"upstream|proxy_pass|nginx|compose|services?:|resolver|container_name|depends_on|network|host|\.conf\b"
        r"|namespace",
    ),
    _make(
        r"\bCannot find module '(?P<name>[\w@./-]+)'|\bNo module named '?(?P<name2>[\w.]+)|\bERR_MODULE_NOT_FOUND\b"
        r"|\bRuntime\.ImportModuleError\b",
        r"\bimport\b|\brequire\(|\bfrom\b|dependenc|\bpackages?\b|requirements|\block\b|docker|\bCOPY\b|npm|yarn|\bpip"
        r"|layer|extern|bundl|webpack|handler|node_modules|runtime|\bbuild|\.toml\b|\binclude|exclude|ignore|rename",
    ),
    _make(
        r"\bMissing `secret_key_base` for\b|\bNo application encryption key has been specified\b",
        r"secret|\benv|credential|config|\bkey\b|variable|docker|master\.key|\.toml\b|\.ya?ml\b",
    ),
    _make(  # What providers of databases say of an account, a project or a branch.
        r"\bTenant or user not found\b|\bendpoint has been disabled\b|\bhas been put to sleep\b|\bcompute time quota\b",
        r"_URL\b|://|postgres|mysql|\bdsn\b|supabase|neon|pooler|database\b|connection|jdbc|planetscale|\bhost\b|username"
        r"|suspend|autoscal|interval|schedule|cron",
    ),
    _make(
        r"\bEC2ThrottledException\b|\blimit for Network Interfaces has been reached\b",
        r"subnet|\bvpc|concurren|security_?group|lambda|instance|interface|\beni\b",
    ),
)


def doubt_by_words(symptoms: Symptoms, changes: Sequence[Change]) -> float:
    """Return how far exact words speak against every change, 0..1; 0 where one touches what they are about.

    Args:
        changes: Those that are not ruled out.
    """
    new = [one for one in symptoms.tellings if one.severe and one.before == 0]
    said = [(one, found) for one in new if (found := _find_exact(one)) is not None]
    if not said or sum(one.count for one, _ in said) < _MOST * sum(one.count for one in new):
        return 0.0
    texts = [_write_out(change) for change in changes]
    touched = any(_touches(text, found) for text in texts for _, found in said)
    return 0.0 if touched else _DOUBT


def _find_exact(one: Telling) -> tuple[_Exact, frozenset[str]] | None:
    """Return what a telling says exactly, with the names that it gives; `None` where it says nothing so."""
    for exact in _EXACT:
        found = [match for text in (one.text, *one.samples) if (match := exact.pattern.search(text)) is not None]
        if found:
            names = (_flatten(name) for match in found for name in match.groupdict().values() if name)
            return exact, frozenset(name for name in names if len(name) >= _SHORTEST)
    return None


def _touches(text: str, said: tuple[_Exact, Iterable[str]]) -> bool:
    exact, names = said
    flat = _flatten(text)
    return exact.touching.search(text) is not None or any(name in flat for name in names)


def _write_out(change: Change) -> str:
    """Return all that a change touches: what it is called, its files and its lines, the ones around them left out."""
    diff = change.diff
    lines = (line.text for line in (*diff.removed, *diff.added))
    return "\n".join((change.facts.ref, *(hunk.path for hunk in diff.hunks), *lines))


def _flatten(text: str) -> str:
    """Return letters and digits alone: `PutObject`, `put_object` and `putObject` are one name."""
    return re.sub(r"[\W_]+", "", text).casefold()
