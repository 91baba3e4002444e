"""A compose file says which folders its services are built from."""

import pytest

from fermata.rules.setup.sources import list_sources


def test_each_service_has_its_folder_its_variables_and_the_file_itself():
    """Long forms are read as short ones."""
    services = {
        "api": {"build": "./api", "env_file": ".env"},
        "worker": {"build": {"context": "../jobs", "dockerfile": "D"}, "env_file": ["a.env", {"path": "b.env"}, 7]},
        "all": {"build": {"context": "."}},
        "cache": {"image": "redis:7"},
        "odd": "text",
    }

    assert list_sources({"services": services}, "deploy/compose.yaml") == {
        "api": ["deploy/api", "deploy/.env", "deploy/compose.yaml"],
        "worker": ["jobs", "deploy/a.env", "deploy/b.env", "deploy/compose.yaml"],
        "all": ["deploy", "deploy/compose.yaml"],
        "cache": ["deploy/cache", "deploy/redis", "deploy/compose.yaml"],
    }


def test_folder_of_an_image_that_is_built_elsewhere_is_looked_for_by_its_names():
    """Compose only names it: whoever asks keeps what the repository holds. Mounted files count too."""
    services = {
        "orders": {
            "image": "registry.example:5000/acme/orders:${TAG}",
            "volumes": ["./ca.pem:/etc/ca.pem:ro", "pg:/d"],
        },
        "beat": {"image": "acme/mailer@sha256:0a", "volumes": [{"type": "bind", "source": "./beat.ini"}, 7]},
        "none": {"volumes": "odd"},
    }

    assert list_sources({"services": services}, "compose.yaml") == {
        "orders": ["orders", "ca.pem", "compose.yaml"],
        "beat": ["beat", "mailer", "beat.ini", "compose.yaml"],
        "none": ["none", "compose.yaml"],
    }


@pytest.mark.parametrize(
    "context", ["../../other", "/srv/api", "${API_DIR}", "https://github.com/acme/api.git", 5, None]
)
def test_what_lies_elsewhere_is_left_out(context):
    """Paths of the repository alone can be looked at in it."""
    assert list_sources({"services": {"api": {"build": context}}}, "compose.yaml") == {"api": ["compose.yaml"]}


@pytest.mark.parametrize("document", [{}, {"services": []}, {"services": None}])
def test_file_without_services_tells_nothing(document):
    """Not every file of that name is one."""
    assert list_sources(document, "compose.yaml") == {}
