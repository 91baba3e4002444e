"""Passwords and tokens look unlike names of hosts, tickets, versions and moments."""

import pytest

from fermata.kit.redaction.looks import Look, is_password, is_phrase, judge_look


@pytest.mark.parametrize(
    ("value", "look"),
    [
        ("zX81kkPq02", Look.RANDOM),
        ("aB3-xY7-kQ9", Look.RANDOM),
        ("bot.zX81kkPq02", Look.RANDOM),
        ("k81xLw0", Look.RANDOM),
        ("Winter2024!", Look.SIGNED),
        ("p$ss9word", Look.SIGNED),
        ("Winter2024x", Look.MIXED),
        ("Passw0rd", Look.MIXED),
        ("dd_app_9f81c2aa7710", Look.MIXED),
        ("Tomato-4411", Look.NAMED),
        ("Summer2024", Look.NAMED),
        ("hunter2x7", Look.WORDY),
        ("tomato-4411", Look.WORDY),
        ("hunter-Nas2-bmc", Look.WORDY),
        ("9f86d081884c7d65", Look.PLAIN),
        ("1234abcd-12ab-34cd-56ef-1234567890ab", Look.PLAIN),
    ],
)
def test_credential_looks_like_one(value, look):
    """From what chance writes down to what a host may be called, too."""
    assert judge_look(value) is look


@pytest.mark.parametrize(
    "value",
    [
        *("short", "a1", "password", "12345678", "PAY-4411", "SHA256", "AES-256", "ed25519", "argon2id", "TLSv1.3"),
        *("openssl-3.0.2", "v2.31.4", "14:02:31", "2026-11-25T10:00:00Z", "25Nov2026", "300ms", "1,200rps", "5m30s"),
        *("gw02.prod", "checkout-7c9f8b-x2x1z", "order_items_2024", "DB_PASSWORD2", "ana@mail2.example", "#inc-4411"),
        *("@U02AB3CD", "report4411.pdf", "$TOKEN2", "sha256:9f86d081", "https://a.example/1", "Android14", "node-17"),
        *("key_2024_11_rotation", "xxxx4411", "kv/prod/db2", ":lock_2:", "0x871920D1991BC93C", "Checkout7"),
        "shop_test_v2run14",
    ],
)
def test_name_of_something_else_looks_like_none(value):
    """Tickets, algorithms, versions, amounts, moments, hosts, tables, files, variables, people."""
    assert judge_look(value) is Look.NONE


def test_password_by_itself_has_all_classes_and_a_sign():
    """Where nothing is said of it, less is not enough."""
    assert is_password("Vivaldi#88x")
    assert not is_password("Vivaldi88x")
    assert not is_password("vivaldi#88x")
    assert not is_password("V#8x")
    assert not is_password("#Vivaldi88x")


def test_words_with_a_number_are_a_phrase_unless_a_part_names_a_place():
    """As people choose them; a host, a file, an algorithm or a length looks alike."""
    assert all(map(is_phrase, ("blue-42-otter", "plum.7719.fig", "moss_kettle_12", "Korb-8812-Ast")))
    assert not any(
        map(
            is_phrase,
            ("tomato-4411", "web-04-fig", "blue-42-sorted", "plum.7719.log", "a.42.b", "lock-42-" + "x" * 200),
        )
    )
