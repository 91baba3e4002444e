"""What is refused in any API's settings, and what a login sends."""

import pytest
from pydantic import ValidationError

from fermata.ports.api_settings import LoginSettings, check_api_url


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("logs.example.com", "write it like"),
        ("https://me:secret@logs.example.com", "user name or a password"),
        ("https://logs.example.com/?token=x", "a query or a fragment"),
    ],
)
def test_address_that_is_no_base_is_refused(url, words):
    """Credentials, queries and half addresses are told apart."""
    with pytest.raises(ValueError, match=words):
        check_api_url(url)


def test_address_loses_its_last_slash():
    """Paths are put behind it."""
    assert check_api_url("https://logs.example.com/loki/") == "https://logs.example.com/loki"


@pytest.mark.parametrize(
    ("given", "header"),
    [
        ({}, {}),
        ({"token": "t"}, {"Authorization": "Bearer t"}),
        ({"username": "me", "password": "ä"}, {"Authorization": "Basic bWU6w6Q="}),
    ],
)
def test_login_is_one_header(given, header):
    """A token, a pair in UTF-8, or nothing."""
    assert LoginSettings(**given).write_login() == header


@pytest.mark.parametrize("given", [{"username": "me"}, {"token": "t", "username": "me", "password": "p"}])
def test_half_or_double_login_is_refused(given):
    """Which one would be sent must not be a guess."""
    with pytest.raises(ValidationError):
        LoginSettings(**given)
