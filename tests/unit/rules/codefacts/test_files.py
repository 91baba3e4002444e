"""Whose a file is, and what of it runs."""

import pytest

from fermata.rules.codefacts.files import find_service, make_file

SERVICES = ("cart", "user-service", "order", "order-svc", "api-gateway")


@pytest.mark.parametrize(
    ("path", "service"),
    [
        ("src/cart/main.go", "cart"),
        ("src/cartservice/main.go", "cart"),
        ("cart/user/x.py", "cart"),
        ("shop-parent-cart/src/x.java", "cart"),
        ("org.shop.cart/x.java", "cart"),
        ("user/x.py", "user-service"),
        ("order/x.py", ""),
        ("api_gateway/x.py", "api-gateway"),
        ("carts/x.py", ""),
        ("cart.py", ""),
    ],
)
def test_file_is_of_the_outermost_folder_that_is_named_like_a_service(path, service):
    """Two services of one name own nothing, and a file's own name says nothing."""
    assert find_service(path, SERVICES) == service


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ("a = 1  # b", "a = 1"),
        ("  # b", ""),
        ("x() // y", "x()"),
        ('get("http://cart/#top")', 'get("http://cart/#top")'),
        ("a /* b */ c", "a   c"),
        ("a /* b */ /* c", "a"),
        ("<!-- b --> c", "c"),
        ('log("it took too long", 5)', "log( , 5)"),
        ('call("a b", "c")', 'call("a b", "c")'),
        ('path = "/api/*"', 'path = "/api/*"'),
        ("x" * 401, ""),
    ],
)
def test_comments_and_sentences_are_no_code(line, code):
    """What stands around them is."""
    assert make_file("a.x", "cart", line).code[0].strip() == code


def test_block_over_lines_is_no_code():
    """Up to where it ends."""
    file = make_file("a.Py", "cart", 'a\n"""b\nc\n""" d\n/* e\n */ f')

    assert [line.strip() for line in file.code] == ["a", "", "", "d", "", "f"]
    assert file.suffix == ".py"
    assert make_file("a.d/Makefile", "cart", "").suffix == ""
