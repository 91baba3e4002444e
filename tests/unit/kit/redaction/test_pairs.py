"""A login that is given away without a word that says so is hidden; what merely stands side by side is read."""

import pytest

from fermata.kit.redaction import redact

PHRASE, MIXED, SIGNED = "plum." + "7719.fig", "Wolke" + "7719", "Tr0ub4" + "dor&3"


@pytest.mark.parametrize(
    "text",
    [
        f"ops_ro:{PHRASE} for the pool page",
        f"ops_ro:{PHRASE}",
        f"use ops_ro:{PHRASE} for the pool page",
        f"pool page: ops_ro / {PHRASE}",
        f"`readonly:{PHRASE}`",
        f"in the meantime try svc-pool / {MIXED}, works on both",
        f"admin:{MIXED}",
        f"root:{MIXED} on the ilo",
        f"it's viewer:{SIGNED}",
        f"use backup:{SIGNED} on gw02",
        f"try admin / {SIGNED}",
        f"portal@shop / {SIGNED}",
        f"use orders-reader:{PHRASE} until monday",
        f"grafana_user | {PHRASE}",
    ],
)
def test_login_that_is_given_away_is_hidden(text):
    """The account is called like one, or the word beside it can hardly be a name."""
    cleaned = redact(text)

    assert not any(secret in cleaned.text for secret in (PHRASE, MIXED, SIGNED))
    assert cleaned.count == 1


@pytest.mark.parametrize(
    "text",
    [
        "back at 09:35",
        "09:35 / 09:41 utc",
        "web-1:8080 for the pool page",
        "use db-ro:5432 for reads",
        "admin:8443 on the old one",
        "ratio is 3:1 on eu",
        "checkout:v2.31.0-rc1 on prod",
        "use shop/checkout:2026.11.27-7 until then",
        "registry.local/app_user:build-4411-main",
        "postgres:bookworm16 on staging",
        "handler.py:42 for the stack",
        "admin.py:421337",
        ":tada: :tada2024:",
        "level:error2024 for the day",
        "topic:orders2024-v2 is behind",
        "app_user:orders_2024_eu is the table",
        "app_user:checkout2x failed 14 times",
        "root:web4411 is down",
        "admin:rollback2x was run by mara",
        "the exporter says admin:pool4411 for eu",
        "arn:aws:iam::1234:role/app_user:web4411",
        "https://shop.example/admin / web4411",
        "orders_ro / orders_rw",
        "node-4411 / node-4412 for the drain",
        "eu / us-west-42 for the failover",
        "team blue / web4411 for the shift",
        "svc_orders:web-42-prod for the pool page",
        "x" * 70 + "_ro:" + MIXED,
    ],
)
def test_what_stands_side_by_side_stays(text):
    """Times, ports, images, lines of files, ratios, emoji, keys of maps, ARNs, tables, hosts."""
    assert redact(text).text == text


@pytest.mark.parametrize("piece", ["ops_ro:a1b2c3d ", "x:a1b2c3d", "a / b1c2d3e ", "use ops_ro:", " / a1b2c3d"])
def test_hostile_text_is_read_in_linear_time(piece):
    """Many pairs, each beside the other."""
    assert isinstance(redact(piece * (100_000 // len(piece))).count, int)
