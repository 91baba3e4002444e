"""Calls to a cluster that does not answer as it should."""

import json

import pytest
from tests.unit.integrations.chaosmesh.place import SPACE

from fermata.integrations.chaosmesh.answers import Busy, NotThere, Refused, describe_refusal, read_object
from fermata.integrations.chaosmesh.client import ChaosMeshClient
from fermata.integrations.chaosmesh.settings import ChaosMeshSettings
from fermata.kit.errors import OperationalError, TransientError
from fermata.testing.kubernetes.faults import Fault, Mishap

PODS = f"/api/v1/namespaces/{SPACE}/pods"


def connect(cluster, folder, **settings):
    """Open a session."""
    path = cluster.write_kubeconfig(folder / "kubeconfig")
    return ChaosMeshClient(ChaosMeshSettings(kubeconfig=path, **{"timeout_s": 2, **settings})).connect()


async def test_silence_is_said_to_be_silence(cluster, tmp_path):
    """A call that brings no answer may be asked again."""
    cluster.faults.append(Fault(Mishap.HANGS))

    async with connect(cluster, tmp_path, timeout_s=0.2) as session:
        with pytest.raises(TransientError, match="did not answer: GET /api/v1"):
            await session.list(PODS)


async def test_labels_select(cluster, tmp_path):
    """All of them at once."""
    async with connect(cluster, tmp_path) as session:
        found = await session.list(PODS, {"app": "ledger"})

    assert [item["metadata"]["labels"]["app"] for item in found] == ["ledger"]
    assert cluster.requests[-1].query["labelSelector"] == "app=ledger"


@pytest.mark.parametrize(
    ("code", "kind", "words"),
    [
        (404, NotThere, "Look whether Chaos Mesh is installed"),
        (503, Busy, "It may pass"),
        (403, Refused, "Grant it"),
        (422, Refused, "by hand with kubectl"),
    ],
)
def test_refusal_says_what_to_do(code, kind, words):
    """Each code has its remedy, and the server's own words."""
    error = describe_refusal("host", "GET /x", code, b'{"message": "because"}')

    assert type(error) is kind
    assert (error.code, error.message) == (code, "because")
    assert words in error.do


@pytest.mark.parametrize("body", [b"<html>", b"[]", b'{"message": null}'])
def test_refusal_without_words_is_still_one(body):
    """A page is for a browser."""
    assert describe_refusal("host", "GET /x", 500, body).message == "It gave no reason"


@pytest.mark.parametrize(("body", "words"), [(b"<html>", "no JSON"), (b"[]", "no object")])
def test_answer_of_another_shape_is_refused(body, words):
    """What stands in front of a server is not the server."""
    with pytest.raises(OperationalError, match=words):
        read_object("host", "GET /x", body)


async def test_broken_kubeconfig_is_said_without_its_content(cluster, tmp_path):
    """A parser quotes the line it stumbles over, and that line may hold a token."""
    path = tmp_path / "broken"
    path.write_text("token: [sk-secret\n")

    with pytest.raises(OperationalError, match=r"kubeconfig .* cannot be used") as error:
        async with ChaosMeshClient(ChaosMeshSettings(kubeconfig=path)).connect():
            pass

    assert "sk-secret" not in str(error.value)


async def test_lists_are_read_whole_or_not_at_all(cluster, tmp_path):
    """A sandbox of which a part is seen is not seen."""
    for number in range(501):
        meta = {"name": f"c{number}", "namespace": SPACE}
        cluster.api.store.objects["ConfigMap", SPACE, f"c{number}"] = {"kind": "ConfigMap", "metadata": meta}

    async with connect(cluster, tmp_path) as session:
        with pytest.raises(OperationalError, match="more than 500"):
            await session.list(f"/api/v1/namespaces/{SPACE}/configmaps")


async def test_pod_without_a_service_account_is_told_so():
    """Outside of a cluster there is none."""
    with pytest.raises(OperationalError, match="service account cannot be used"):
        async with ChaosMeshClient(ChaosMeshSettings(in_cluster=True)).connect():
            pass


async def test_credential_plugin_of_a_cloud_gives_the_token(cluster, tmp_path):
    """Those of today speak version 1 of the protocol."""
    path = cluster.write_kubeconfig(tmp_path / "kubeconfig")
    config = json.loads(path.read_text())
    token = config["users"][0]["user"].pop("token")
    told = json.dumps({"status": {"token": token}})
    plugin = {"apiVersion": "client.authentication.k8s.io/v1", "command": "echo", "args": [told]}
    config["users"][0]["user"]["exec"] = plugin
    path.write_text(json.dumps(config))

    async with ChaosMeshClient(ChaosMeshSettings(kubeconfig=path)).connect() as session:
        assert await session.list(PODS)


async def test_kubeconfig_is_read_again_when_it_was_written_again(cluster, tmp_path):
    """A credential that was renewed is the one that is used."""
    path = cluster.write_kubeconfig(tmp_path / "kubeconfig", token="expired")
    client = ChaosMeshClient(ChaosMeshSettings(kubeconfig=path, timeout_s=2))
    async with client.connect() as session:
        with pytest.raises(Refused, match="HTTP 401"):
            await session.list(PODS)

    cluster.write_kubeconfig(path)

    async with client.connect() as session:
        assert len(await session.list(PODS)) == 4
