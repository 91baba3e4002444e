"""Where a folder of Terraform keeps its state, as init wrote it down."""

import json

import pytest

from fermata.flows.setup.backends import find_place

S3 = {"bucket": "ops", "key": "shop.tfstate", "region": "eu-central-1", "access_key": "AKIA", "secret_key": "hush"}
KEYS = {"access_key_id": "env:AWS_ACCESS_KEY_ID", "secret_access_key": "env:AWS_SECRET_ACCESS_KEY"}


@pytest.fixture
def folder(tmp_path):
    """Give a function that makes an initialised folder."""

    def make(backend=None, workspace=""):
        data = tmp_path / "infra/.terraform"
        data.mkdir(parents=True)
        if backend is not None:
            text = backend if isinstance(backend, str) else json.dumps({"version": 3, "backend": backend})
            (data / "terraform.tfstate").write_text(text)
        if workspace:
            (data / "environment").write_text(workspace)
        return tmp_path / "infra"

    return make


@pytest.mark.parametrize(
    ("backend", "workspace", "path"),
    [
        (None, "", "infra/terraform.tfstate"),
        ("{cut", "", "infra/terraform.tfstate"),
        ("[]", "", "infra/terraform.tfstate"),
        ({"type": "local", "config": {"path": "../state/shop.tfstate"}}, "", "state/shop.tfstate"),
        ({"type": "local", "config": {"path": f"{'../' * 60}shop.tfstate"}}, "", "/shop.tfstate"),
        ({"type": "local", "config": None}, "prod", "infra/terraform.tfstate.d/prod/terraform.tfstate"),
        ({"type": "local", "config": {"workspace_dir": "all"}}, "prod", "infra/all/prod/terraform.tfstate"),
    ],
)
def test_local_back_end_is_its_file(folder, tmp_path, backend, workspace, path):
    """Its backup beside it tells changes, which `terraform state pull` would not."""
    place = find_place(folder(backend, workspace))

    assert place.section == {"file": {"path": str(tmp_path / path)}}
    assert not place.note


@pytest.mark.parametrize(
    ("more", "workspace", "key"),
    [
        ({}, "", "shop.tfstate"),
        ({}, "prod", "env:/prod/shop.tfstate"),
        ({"workspace_key_prefix": "ws"}, "x", "ws/x/shop.tfstate"),
    ],
)
def test_bucket_is_read_by_itself(folder, more, workspace, key):
    """With keys of Fermata's own: those that init may have written down are not taken."""
    place = find_place(folder({"type": "s3", "config": S3 | more}, workspace))

    assert place.section == {"s3": {"bucket": "ops", "key": key, "region": "eu-central-1", **KEYS}}
    assert "hush" not in repr(place)


@pytest.mark.parametrize(
    "backend", [{"type": "gcs", "config": {"bucket": "x"}}, {"type": "s3", "config": {"bucket": "x"}}]
)
def test_other_back_ends_are_asked_and_tell_no_change(folder, backend):
    """Which is said."""
    made = folder(backend)

    place = find_place(made)

    assert place.section == {"directory": str(made)}
    assert "so that no change of it is told" in place.note


def test_folder_that_nobody_initialised_has_no_place(tmp_path):
    """Unless a state lies in it."""
    assert find_place(tmp_path) is None

    (tmp_path / "terraform.tfstate").write_text("{}")

    assert find_place(tmp_path).section == {"file": {"path": str(tmp_path / "terraform.tfstate")}}
