"""What varies in a token: numbers, ids, addresses and paths give way, words stay."""

from itertools import product

import pytest

from fermata.rules.condense.masking import FOLD, TokenMasks, mask_token


def mask(token):
    """Mask a token as the miner does: its digits folded first."""
    return mask_token(token.encode().translate(FOLD).decode())


@pytest.mark.parametrize(
    ("token", "masked"),
    [
        ("4711", "<*>"),
        ("-12.5", "<*>"),
        ("10.251.73.220:50010", "<*>"),
        ("0x1f4e", "<*>"),
        ("3f2a9c01", "<*>"),
        ("6f9619ff-8b86-d011-b42d-00cf4fc964ff", "<*>"),
        ("2607:f140:6000:8:c6b3:1ff:fecd:467f", "<*>"),
        ("blk_-1608999687919862906", "blk_-<*>"),
        ("/var/log/app-3/out.log", "<*>"),
        ("https://shop.example/cart", "<*>"),
        ("C:\\temp\\x.txt", "<*>"),
        ("orders-db.shop.svc.cluster.local:5432", "<*>"),
        ("ann@shop.example.com", "<*>"),
        ("x2x9zk7", "<*>"),
        ("node-190", "node-<*>"),
        ("1,234,567", "<*>"),
        ("file=/etc/app.conf", "file=<*>"),
    ],
)
def test_value_gives_way(token, masked):
    """Whatever a program prints to name one thing among many becomes `<*>`."""
    assert mask(token) == masked


@pytest.mark.parametrize("token", ["refused", "NameSystem.delete:", "healthy=true", "facade", "[preauth]", "and/or"])
def test_word_stays(token):
    """Words are kept as they are, also those made of the letters of hexadecimal numbers."""
    assert mask(token) == token


def test_gigantic_token_is_known_by_its_head():
    """Payload of a megabyte costs no more than a word."""
    assert len(mask("a" * 1_000_000)) == 400


def test_memory_of_tokens_is_bounded():
    """After 50,000 tokens everything is forgotten rather than kept."""
    masks = TokenMasks()
    words = map("".join, product("abcdefghijklmno", repeat=4))  # 50,625 of them

    for word in words:
        assert masks[word] == word

    assert len(masks) < 50_001
