"""What Cloudflare's own statuses say of the origin."""

import pytest

from fermata.domain.evidence import EvidenceKind
from fermata.rules.signatures.edge_codes import say_edge_code
from fermata.rules.signatures.unrest import find_unrest


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            '{"ClientRequestHost": "a.example", "EdgeResponseStatus": 522}',
            "522 says that the origin took no connection",
        ),
        ("Error 521: Web server is down", "521 says that the origin refused"),
        ("ERROR error code: 1016 Origin DNS error", "1016 says that the name of the origin"),
        ("proxy: error code: 1020", "1020 says that a rule of the firewall"),
        ('10.0.0.1 - - "GET / HTTP/1.1" 526 12', "526 says that the origin's certificate"),
    ],
)
def test_status_of_an_edge_is_said_in_words(text, said):
    """Nobody knows them by heart at night."""
    assert f" At Cloudflare {said}" in say_edge_code(text)


@pytest.mark.parametrize(
    "text",
    [
        "Error 1020: Record has changed since last read in table 'orders'",
        "Error 1016 (HY000): Can't open file: 'orders.MYI' (errno: 145)",
        "SMTP Error: 521 5.2.1 does not accept mail",
        "smtp error 525: 5.7.13 disabled",
    ],
)
def test_numbers_of_mysql_and_of_mail_are_no_status_of_an_edge(text):
    """Both number their errors so, and no Cloudflare stands before them."""
    assert say_edge_code(text) == ""


@pytest.mark.parametrize(
    "text", ["error 500", "took 522 ms", "order 521 failed", "error 5220", '"GET / HTTP/1.1" 502 12']
)
def test_other_numbers_are_no_status_of_an_edge(text):
    """A plain status of HTTP says nothing of who answered."""
    assert say_edge_code(text) == ""


def test_check_tells_what_the_edge_says(scene):
    """Where nothing else is known, that is where to look."""
    line = '{"EdgeStartTimestamp": "2026-11-23T11:00:00Z", "EdgeResponseStatus": 522}'
    scene.add(EvidenceKind.LOGS, "service/edge", [line], {})

    assert find_unrest(scene.build()).endswith("its address in the DNS records, and its load.")
