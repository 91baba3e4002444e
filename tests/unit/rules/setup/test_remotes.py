"""A git remote's address tells the forge and the name, and never a credential."""

import pytest

from fermata.rules.setup.remotes import Remote, read_remote


@pytest.mark.parametrize(
    ("address", "remote"),
    [
        ("git@github.com:acme/shop.git", Remote("github", "github.com", "acme/shop")),
        ("https://github.com/acme/shop", Remote("github", "github.com", "acme/shop")),
        ("https://user:t0ken@github.com/acme/shop.git/", Remote("github", "github.com", "acme/shop")),
        ("ssh://git@ssh.github.com:443/acme/shop.git", Remote("github", "github.com", "acme/shop")),
        ("git@gitlab.com:ops/shop/checkout.git", Remote("gitlab", "gitlab.com", "ops/shop/checkout")),
        ("https://GitLab.Acme.io:8443/ops/shop.git", Remote("gitlab", "gitlab.acme.io", "ops/shop")),
        ("github.acme.io:team/app", Remote("github", "github.acme.io", "team/app")),
    ],
)
def test_repository_is_read_from_its_address(address, remote):
    """By the protocols that git speaks, with or without a user, a port and `.git`."""
    assert read_remote(address) == remote


@pytest.mark.parametrize(
    "address",
    [
        "",
        "/srv/git/shop.git",
        "../shop",
        "file:///srv/github/a/b",
        "git@bitbucket.org:acme/shop.git",
        "https://github.com/acme",
        "https://github.com/acme/shop/wiki",
        "https://example.com/github/shop",
    ],
)
def test_address_that_is_on_no_known_forge_is_none(address):
    """A path, another forge, or a name that is no repository's."""
    assert read_remote(address) is None


@pytest.mark.parametrize(
    ("remote", "api"),
    [
        (Remote("github", "github.com", "a/b"), ""),
        (Remote("gitlab", "gitlab.com", "a/b"), ""),
        (Remote("github", "github.acme.io", "a/b"), "https://github.acme.io/api/v3"),
        (Remote("gitlab", "gitlab.acme.io", "a/b"), "https://gitlab.acme.io"),
    ],
)
def test_host_of_ones_own_has_its_own_api(remote, api):
    """The forges' own hosts are the default of the settings."""
    assert remote.api == api
