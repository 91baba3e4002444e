"""Which images are of one repository."""

import pytest

from fermata.integrations.docker.images import find_repository


@pytest.mark.parametrize(
    ("called", "repository"),
    [
        ("shop/api:2", "shop/api"),
        ("registry:5000/shop/api:2", "registry:5000/shop/api"),
        ("registry:5000/shop/api", "registry:5000/shop/api"),
        ("postgres@sha256:" + "a" * 64, "postgres"),
        ("postgres", "postgres"),
        ("sha256:" + "a" * 64, ""),
        ("0123456789ab", ""),
        ("", ""),
    ],
)
def test_repository_of_an_image_is_its_name_without_the_tag(called, repository):
    """A port of a registry is no tag, and an id has no repository."""
    assert find_repository(called) == repository
