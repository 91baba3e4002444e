"""Terraform as a subprocess: only what reads, with an end, in an environment of the settings."""

import os

import pytest

from fermata.integrations.terraform.command import Terraform
from fermata.kit.errors import OperationalError, TransientError


@pytest.fixture
def script(tmp_path):
    """Give a function that makes a `terraform` of a shell script."""

    def write(body, timeout_s=5, **environment):
        binary = tmp_path / "terraform"
        binary.write_text(f"#!/bin/sh\n{body}\n")
        binary.chmod(0o755)
        return Terraform(tmp_path, str(binary), timeout_s, environment)

    return write


@pytest.mark.parametrize("arguments", [("apply",), ("state", "rm"), ("state", "push"), ("plan", "-out=x"), ("init",)])
async def test_command_that_does_more_than_read_never_runs(script, tmp_path, arguments):
    """Whoever calls it, whatever the settings say."""
    terraform = script(f"touch {tmp_path}/ran")

    with pytest.raises(ValueError, match="does not only read"):
        await terraform.run(*arguments)

    assert not (tmp_path / "ran").exists()


async def test_environment_is_the_settings(script, monkeypatch):
    """Nothing of Fermata's own environment reaches it."""
    monkeypatch.setenv("SECRET_OF_FERMATA", "x")
    terraform = script("env; echo $*", AWS_PROFILE="ops")

    said = (await terraform.run("state", "pull")).decode()

    assert "AWS_PROFILE=ops" in said
    assert "CHECKPOINT_DISABLE=1" in said
    assert "SECRET_OF_FERMATA" not in said
    assert said.rstrip().endswith("state pull")


async def test_failure_is_told_without_secrets(script):
    """With what it said."""
    terraform = script("echo 'Error: password=hunter2hunter2 is wrong' >&2; exit 1")

    with pytest.raises(OperationalError, match="Error: ") as caught:
        await terraform.run("state", "pull")

    assert "hunter2" not in str(caught.value)


async def test_silent_failure_is_told_by_its_code(script):
    """Words or not, it failed."""
    with pytest.raises(OperationalError, match="it ended with 3"):
        await script("exit 3").run("state", "pull")


async def test_command_that_hangs_is_ended(script, tmp_path):
    """Nothing goes on in the back, even if it does not listen when asked to end."""
    terraform = script(f"echo $$ > {tmp_path}/pid; trap '' TERM; while true; do sleep 0.05; done", timeout_s=0.5)

    with pytest.raises(TransientError, match=r"did not end within 0\.5 s"):
        await terraform.run("state", "pull")

    with pytest.raises(ProcessLookupError):
        os.kill(int((tmp_path / "pid").read_text()), 0)


async def test_missing_binary_is_told(tmp_path):
    """In words."""
    with pytest.raises(OperationalError, match="cannot be run"):
        await Terraform(tmp_path, "no-such-terraform", 5).run("state", "pull")
