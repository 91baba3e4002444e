"""Variables of a workload: every shape that tools print them in, and secrets as digests."""

import pytest

from fermata.domain.evidence import EvidenceKind
from fermata.flows.bundle.env_files import read_variables


@pytest.mark.parametrize(
    "value",
    [
        {"A": "1", "B": None},
        {"variables": {"A": 1, "B": None}},
        {"Env": ["A=1", "B="]},
        ["A=1", "B=", "=x", "nothing"],
        [{"name": "A", "value": "1"}, {"name": "B"}, {"value": "x"}],
    ],
)
def test_variables_are_read_by_name(value):
    """A mapping, `NAME=value` lines, or the pairs of a container."""
    assert read_variables(value) == {"A": "1", "B": ""}


def test_environment_is_evidence_of_its_workload(folder, texts):
    """A container's by its name, with secrets hidden in lines and facts alike."""
    folder.write("env/shop__cart-1__cart.json", {"MODE": True, "API_TOKEN": "correct-horse-7"})

    item = folder.get_only(EvidenceKind.ENVIRONMENT)

    assert item.entity.ref == "kubernetes:pod/shop/cart-1"
    assert texts(item)[0] == "MODE=true"
    assert item.facts["origin"] == "env/shop__cart-1__cart.json"
    assert "correct-horse-7" not in str(item.to_json())


def test_printed_environment_is_read(folder):
    """What `env` prints, line by line."""
    folder.write("env/cart.env", "MODE=fast\nURL=http://x/?a=b\n")

    assert folder.get_only(EvidenceKind.ENVIRONMENT).facts["variables"] == {"MODE": "fast", "URL": "http://x/?a=b"}


@pytest.mark.parametrize(("content", "reason"), [("{", "not JSON"), ([], "no variables"), (3, "no variables")])
def test_file_without_variables_is_named(folder, content, reason):
    """With how to write it."""
    folder.write("logs/a.log", "x\n")
    folder.write("env/cart.json", content if isinstance(content, str) else str(content))

    assert reason in folder.read().warnings[0]
