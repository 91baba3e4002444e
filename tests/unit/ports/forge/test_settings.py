"""What is said of a repository, and what of it is refused before anybody asks the forge."""

import pytest
from pydantic import ValidationError

from fermata.ports.forge.settings import ForgeRepositorySettings, check_base, check_names, name_entity
from fermata.testing.records import make_scope

TWO = ForgeRepositorySettings(
    services={"Checkout": ("services/checkout/", "libs"), "profile": ("services/profile", "libs")},
    manifests=("deploy/**/*.yaml", "k8s/*.yml", "one-?.yaml"),
)


def test_plain_list_means_the_whole_repository():
    """A repository that one service is made from needs no paths."""
    settings = ForgeRepositorySettings(services=["checkout"])

    assert settings.services == {"checkout": (".",)}
    assert settings.list_paths(["checkout"]) == (".",)


def test_services_are_matched_whatever_their_case():
    """Alerts write names as they like."""
    assert TWO.match(make_scope("service/CHECKOUT", "host/x")) == ("Checkout",)
    assert TWO.list_paths(["Checkout", "profile"]) == ("libs", "services/checkout", "services/profile")


def test_files_belong_to_one_service_or_to_nobody():
    """Shared files are the service's that is asked about, if that is one."""
    assert TWO.find_service(["services/profile/a.py"], ()) == "profile"
    assert TWO.find_service(["libs/a.py"], ["Checkout"]) == "Checkout"
    assert TWO.find_service(["libs/a.py"], ["Checkout", "profile"]) == ""
    assert TWO.find_service(["README.md"], ["Checkout"]) == ""


@pytest.mark.parametrize(
    ("path", "is_manifest"),
    [
        ("deploy/a.yaml", True),
        ("deploy/prod/eu/a.yaml", True),
        ("deploy/a.yml", False),
        ("deployments/a.yaml", False),
        ("k8s/a.yml", True),
        ("k8s/deep/a.yml", False),
        ("one-1.yaml", True),
        ("one-12.yaml", False),
        ("k8s/aXyml", False),
    ],
)
def test_globs_stay_in_their_folder_unless_they_cross(path, is_manifest):
    """`*` is one name, `**` any folder or none, a dot is a dot."""
    assert TWO.has_manifest(path) is is_manifest


def test_folders_to_list_are_what_the_globs_begin_with():
    """Only these are asked for."""
    assert TWO.list_folders() == ("deploy", "k8s", "")
    assert ForgeRepositorySettings(manifests=("a/b*/c/d.yaml",)).list_folders() == ("a",)


@pytest.mark.parametrize(
    "values",
    [
        {"services": {"a": ("/etc",)}},
        {"services": {"a": ("../b",)}},
        {"services": {"a": ("",)}},
        {"manifests": ("/x.yaml",)},
        {"manifests": ("a/../x.yaml",)},
        {"service": {}},
    ],
)
def test_paths_outside_and_unknown_keys_are_refused(values):
    """A repository ends at its top folder."""
    with pytest.raises(ValidationError):
        ForgeRepositorySettings.model_validate(values)


def test_repository_is_named_by_owner_and_name():
    """Deeper groups are joined, and two repositories never share a name."""
    assert name_entity("github", "shop/checkout").ref == "github:repository/shop/checkout"
    assert name_entity("gitlab", "a/b/c").ref == "gitlab:repository/a.b/c"
    for bad in ("checkout", "/checkout", "a b/c"):
        with pytest.raises(ValueError, match=r"repository|entity"):
            name_entity("github", bad)
    with pytest.raises(ValueError, match="the same name"):
        check_names("gitlab", ["a/b/c", "A.b/c"])


@pytest.mark.parametrize(
    "url",
    ["gitlab.com", "ftp://x", "https://user@x", "https://:pw@x", "https://x?a=1", "https://x#a"],
)
def test_base_that_is_none_or_holds_a_secret_is_refused(url):
    """Credentials have a setting of their own."""
    with pytest.raises(ValueError, match=r"write|holds"):
        check_base(url)


def test_base_loses_its_last_slash():
    """Paths are put behind it."""
    assert check_base("https://git.example.com/forge/") == "https://git.example.com/forge"
