"""What Cloudflare's own statuses say of the origin: the edge answers, and the trouble is between it and there.

Source: developers.cloudflare.com/support/troubleshooting/http-status-codes/cloudflare-5xx-errors (from memory; no page
was open). They are no statuses of HTTP, so that nothing but an edge answers with them.
"""

from __future__ import annotations

import re

_SAID = {
    "520": "the origin's answer was empty or could not be read",
    "521": "the origin refused the connection: see whether its web server runs, and lets Cloudflare's addresses in",
    "522": "the origin took no connection in time: see its firewall, its address in the DNS records, and its load",
    "523": "the origin cannot be reached: compare the DNS record with its address",
    "524": "the origin took the connection and did not answer in time",
    "525": "the TLS handshake with the origin failed: see its port 443, its certificate and its protocols",
    "526": "the origin's certificate is not accepted: see its end, its name and who signed it",
    "1016": "the name of the origin does not resolve: compare the DNS records",
    "1020": "a rule of the firewall at the edge refused the request",
}
_CODE = re.compile(
    r"\bEdgeResponseStatus\"?\s?[=:]\s?\"?(52[0-6])\b"
    # Servers of mail number their refusals so, too, with a second code behind it (RFC 3463).
    r"|\b[Ee]rror(?: code)?:? (52[0-6])\b(?!\W{1,3}\d\.\d)"
    # MySQL's errors have the numbers of four digits, too: its words are others.
    r"|\b[Ee]rror(?: code)?:? (10(?:16|20))\W{1,3}(?:Origin DNS|Access denied|Ray ID)"
    r"|\berror code: (10(?:16|20))(?=[\"'<]|\s?$)"
    r"|HTTP/[0-9.]{1,3}\" (52[0-6]) "
)


def say_edge_code(text: str) -> str:
    """Return what an edge's status in a line says of the origin, as a further sentence; empty where there is none."""
    found = _CODE.search(text)
    code = next(filter(None, found.groups())) if found is not None else ""
    return f" At Cloudflare {code} says that {_SAID[code]}." if code else ""
