"""Signing in through a provider: what the settings accept, and what they would let in by mistake."""

import pytest

from fermata.kit.errors import UserError
from fermata.settings import load_settings

GOOD = "{issuer: https://login.example.com/realms/ops, client_id: fermata, client_secret: env:SECRET}"


@pytest.fixture
def load(tmp_path):
    """Give a function that loads settings with this `server.oidc`."""

    def load(text):
        file = tmp_path / "fermata.yaml"
        file.write_text(f"server: {{oidc: {text}}}")
        return load_settings(file, {"SECRET": "s3cret"}).settings.server.oidc

    return load


def test_provider_is_read_with_its_secret(load):
    """The secret comes by reference, and is not printed."""
    oidc = load(GOOD)

    assert (oidc.issuer, oidc.client_secret, oidc.claim) == ("https://login.example.com/realms/ops", "s3cret", "email")
    assert "s3cret" not in repr(oidc)


def test_nothing_set_lets_nobody_in(load):
    """Off by default."""
    assert load("{}").issuer == ""


@pytest.mark.parametrize("issuer", ["http://127.0.0.1:9000", "http://localhost:9000"])
def test_plain_http_is_for_this_machine(load, issuer):
    """A provider on loopback may speak http."""
    assert load(f"{{issuer: '{issuer}', client_id: x}}").issuer == issuer


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("{issuer: 'http://login.example.com', client_id: x}", "https address"),
        ("{issuer: 'https://login.example.com?a=1', client_id: x}", "without a query"),
        ("{issuer: login.example.com, client_id: x}", "https address"),
        ("{issuer: 'https://login.example.com'}", "name the client_id"),
        ("{client_id: x}", "name the issuer"),
        ("{issuer: 'https://login.example.com', client_id: x, client_secret: plain}", "a secret may not stand here"),
        ("{issuer: 'https://login.example.com', client_id: x, claim: ''}", "claim"),
    ],
)
def test_fault_is_named(load, text, fault):
    """At start, not at the first sign-in."""
    with pytest.raises(UserError, match=fault):
        load(text)
