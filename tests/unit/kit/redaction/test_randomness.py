"""Runs that only chance would write, and those that explain themselves."""

import base64
import random
import string

import pytest

from fermata.kit.redaction.marks import Tally
from fermata.kit.redaction.randomness import hide_random, looks_random

RANDOM = "Zq8xT2mPv7LkR4sWn1YcB6dHj3Fg5Ea9"
BODY = "\n".join([RANDOM * 2] * 3)
DICE = random.Random(7)  # noqa: S311 - the same in every run


def hide(text):
    """Give the text without random runs."""
    return hide_random(text, Tally())


@pytest.mark.parametrize("size", [24, 30, 32, 48])
def test_nearly_every_key_is_found(size):
    """Key material in base 64 without any name: of a hundred keys at most three pass."""
    keys = [base64.b64encode(DICE.randbytes(size)).decode() for _ in range(500)]

    assert sum(not looks_random(key.rstrip("=")) for key in keys) <= 15


def test_nearly_every_url_safe_token_is_found():
    """The same with a dash and an underscore among the signs."""
    signs = string.ascii_letters + string.digits + "-_"
    tokens = ["".join(DICE.choices(signs, k=43)) for _ in range(500)]

    assert sum(not looks_random(token) for token in tokens) <= 10


@pytest.mark.parametrize(
    "run",
    [
        "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
        "9F86D081884C7D659A2FEAA0C55AD015A3BF4F1B",
        "I9f86d081884c7d659a2feaa0c55ad015a3bf4f1b",
        "f81d4fae-7dec-11d0-a765-00a0c91e6bf6",
        "GUID-B0437826-43C1-49EC-A94D-B650B6A4A6EE",
        "RequestMappingHandlerAdapterFactoryBean2",
        "checkout-7d9f8b6c5d-x2x4z-shop-production",
        "usr/lib/x86_64-linux-gnu/perl5/5.36/auto/List/Util",
        "var/log/CoreCapture/CCIOReporter/2017-07-03_15/AirPortBrcm4360_Logs-007",
        "p/gb1/stella/UMT2K/1325/umt2k/bin/run07",
        "python/cpython/blob/986a4e1b6fcae7fe7a1d0a26aea446107dd58dd2/Objects/longobject",
        "THIS_IS_A_CONSTANT_WITH_2_NUMBERS_IN_IT",
        "abcdefghijklmnopqrstuvwxyz0123456789abcd",
        "aB1aB1aB1aB1aB1aB1aB1aB1aB1aB1aB1aB1",
        "",
        "short1A",
    ],
)
def test_run_that_explains_itself_is_no_key(run):
    """Digests, ids, words, paths and patterns are what logs are made of."""
    assert not looks_random(run)


@pytest.mark.parametrize(
    "before",
    [
        "sha256-",
        "SHA256:",
        "h1:",
        "sha512-",
        'etag: "',
        "request_id=",
        "x-amz-id-2: ",
        "requestId: ",
        '"checksum":"',
        "cursor=",
        "data:image/png;base64,",
        "nonce='",
    ],
)
def test_public_run_stays(before):
    """What is random and no secret says so before it: a digest, an id, a picture."""
    assert hide(before + RANDOM) == before + RANDOM


@pytest.mark.parametrize("before", ["", "value ", "x=", "idea=", "paid ", "key: "])
def test_run_without_such_a_word_goes(before):
    """Including those that only end like one."""
    assert hide(before + RANDOM).startswith(f"{before}[redacted:entropy:")
    assert hide(before + RANDOM).endswith("]")


@pytest.mark.parametrize(
    "text",
    [
        f"-----BEGIN CERTIFICATE-----\n{BODY}\n-----END CERTIFICATE-----",
        f"-----BEGIN PUBLIC KEY-----\n{BODY}\n-----END PUBLIC KEY-----",
        "ssh-rsa AAAAB3NzaC1yc2E" + RANDOM,
        "caBundle: LS0tLS1CRUdJTiBDRVJUSUZJQ0FURS0tLS0t" + RANDOM,
    ],
    ids=["certificate", "public key", "ssh", "bundle"],
)
def test_public_key_stays(text):
    """Certificates and public keys are random, long and meant to be read."""
    assert hide(text) == text


def test_certificate_hides_nothing_behind_it():
    """Its block ends where it says; one without an end covers nothing."""
    block = f"-----BEGIN CERTIFICATE-----\n{BODY}\n-----END CERTIFICATE-----"

    assert hide(f"{block}\n{RANDOM}\n{block}").count("[redacted:") == 1
    assert hide(f"-----BEGIN CERTIFICATE-----\n{BODY}").count("[redacted:") == 3


def test_short_run_passes():
    """Known and written down: what is short and has no name is not found."""
    assert hide(RANDOM[:31]) == RANDOM[:31]


def test_run_ends_with_its_padding():
    """The signs that fill up base 64 belong to it."""
    assert hide(f"x {RANDOM}== y").endswith("] y")
