"""Frames that somebody can open in an editor."""

import pytest

from fermata.rules.condense.places import names_own_place


@pytest.mark.parametrize(
    "text",
    [
        "\tat com.shop.Price.total(Price.java:41)",
        '  File "/srv/shop/price.py", line 41, in total',
        "\t/src/charge/charge.go:43 +0x4f",
        "   at Shop.Price.Total(Basket b) in /src/Price.cs:line 42",
        "#0 /var/www/app/Price.php(42): App\\Price->total()",
        "    (shop 0.1.0) lib/shop/cart.ex:42: Shop.Cart.total/1",
        "    at total (/srv/app/price.js:8:90)",
    ],
)
def test_place_in_own_code_is_known(text):
    """In the form of each language."""
    assert names_own_place(text)


@pytest.mark.parametrize(
    "text",
    [
        "\tat org.springframework.aop.Proxy.invoke(Proxy.java:9)",
        '  File "/usr/lib/python3.11/site-packages/x.py", line 41, in total',
        "\t/usr/local/go/src/net/http/server.go:1947 +0xbe",
        "             at /rustc/59807616/library/core/src/panicking.rs:80:14",
        "    at x (/srv/node_modules/y.js:8:90)",
        "order 5001 placed in 21 ms",
        "",
    ],
)
def test_library_and_plain_lines_are_no_place(text):
    """Nobody mends those."""
    assert not names_own_place(text)
