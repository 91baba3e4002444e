"""Secrets of a hundred kinds, planted wherever a collector looks: none is in anything that is kept, shown or sent."""

import json
import os
import subprocess
from datetime import timedelta

import pytest
from tests.unit.flows.stage import NOON, Stage, make_alert
from tests.unit.kit.redaction.canaries import CANARIES

from fermata.flows.bundle.answer import compose_answer
from fermata.flows.bundle.diagnose import diagnose_bundle
from fermata.flows.bundle.read import read_bundle
from fermata.flows.bundle.write import export_incident
from fermata.integrations.alertmanager.system import Alertmanager
from fermata.integrations.git.system import Git, GitSettings
from fermata.integrations.kubernetes.settings import KubernetesSettings
from fermata.integrations.kubernetes.system import Kubernetes
from fermata.integrations.runbooks.system import Runbooks, RunbooksSettings
from fermata.integrations.terraform.system import TerraformSettings, TerraformSystem
from fermata.ports.source import SourceSettings
from fermata.store.connect import open_store
from fermata.testing.kubernetes import KubernetesEmulator

# A number of six digits may stand in a digest by chance; it is tried by itself in the tests of redaction.
PLANTED = [canary for canary in CANARIES if canary.secret != "123456"]
GIT = ("git", "-c", "user.name=Dana", "-c", "user.email=dana@shop.test", "-c", "init.defaultBranch=main")


def git(folder, *arguments, at=NOON - timedelta(minutes=10)):
    """Run git as of an instant."""
    stamp = at.isoformat()
    environment = {**os.environ, "GIT_AUTHOR_DATE": stamp, "GIT_COMMITTER_DATE": stamp}
    subprocess.run([*GIT, "-C", folder, *arguments], check=True, env=environment, capture_output=True)


def plant_repository(folder):
    """Commit a file for each twenty canaries, and their texts as messages."""
    folder.mkdir()
    git(folder, "init", "-q")
    (folder / "checkout").mkdir()
    (folder / "checkout" / "main.py").write_text("print('hello')\n")
    git(folder, "add", ".")
    git(folder, "commit", "-q", "-m", "Begin", at=NOON - timedelta(days=2))
    for number in range(0, len(PLANTED), 20):
        texts = [canary.text for canary in PLANTED[number : number + 20]]
        subject = next((text for text in texts if "\n" not in text), "")
        (folder / "checkout" / f"settings_{number}.txt").write_text("\n".join(texts) + "\n")
        git(folder, "add", ".")
        git(folder, "commit", "-q", "-m", f"Set {number} {subject}\n\n" + texts[0])


def plant_states(folder):
    """Write two serials whose difference is all canaries: as values, and under names that say so."""
    folder.mkdir()
    for serial in (1, 2):
        attributes = {f"text_{number}": canary.text for number, canary in enumerate(PLANTED)} if serial == 2 else {}
        attributes |= (
            {f"db_password_{number}": c.secret for number, c in enumerate(PLANTED[:40])} if serial == 2 else {}
        )
        resource = {"type": "shop", "name": "main", "instances": [{"attributes": attributes}]}
        state = {"version": 4, "serial": serial, "lineage": "c0ffee", "resources": [resource]}
        path = folder / ("t.tfstate" if serial == 2 else "t.tfstate.backup")
        path.write_text(json.dumps(state))
        at = (NOON - timedelta(minutes=10 * (3 - serial))).timestamp()
        os.utime(path, (at, at))


def plant_pages(folder):
    """Write pages about checkout, each with some canaries."""
    folder.mkdir()
    for number in range(0, len(PLANTED), 12):
        texts = "\n\n".join(canary.text for canary in PLANTED[number : number + 12])
        (folder / f"checkout-{number}.md").write_text(f"# Checkout {number}\n\n{texts}\n")


def plant_cluster(cluster):
    """Create a deployment whose environment, configuration and logs are canaries."""
    variables = [{"name": f"SETTING_{number}", "value": canary.text} for number, canary in enumerate(PLANTED)]
    variables += [{"name": f"API_TOKEN_{number}", "value": c.secret} for number, c in enumerate(PLANTED[:40])]
    container = {"name": "checkout", "image": "shop/checkout:1", "env": variables, "args": [PLANTED[0].text]}
    put = cluster.put
    data = {f"f{number}.txt": canary.text for number, canary in enumerate(PLANTED)}
    put({"kind": "Namespace", "metadata": {"name": "shop"}})
    put({"kind": "ConfigMap", "metadata": {"name": "checkout", "namespace": "shop"}, "data": data})
    put({"kind": "Secret", "metadata": {"name": "checkout", "namespace": "shop"}, "data": {"x": PLANTED[0].secret}})
    container["envFrom"] = [{"configMapRef": {"name": "checkout"}}]
    spec = {
        "replicas": 1,
        "selector": {"matchLabels": {"app": "checkout"}},
        "template": {
            "metadata": {"labels": {"app": "checkout"}, "annotations": {"note": PLANTED[1].text}},
            "spec": {"containers": [container]},
        },
    }
    metadata = {"name": "checkout", "namespace": "shop", "annotations": {"note": PLANTED[2].text}}
    metadata["annotations"]["kubernetes.io/change-cause"] = PLANTED[3].text
    put({"kind": "Deployment", "metadata": metadata, "spec": spec})
    log = "\n".join(canary.text for canary in PLANTED)
    for pod in cluster.list_kind("Pod", "shop"):
        cluster.write_log(pod["metadata"]["name"], log, namespace="shop", container="checkout")


@pytest.fixture
async def stage(tmp_path):
    """Give a house whose every system holds canaries."""
    plant_repository(tmp_path / "repository")
    plant_states(tmp_path / "terraform")
    plant_pages(tmp_path / "pages")
    store = open_store(f"sqlite:///{tmp_path / 'fermata.db'}")
    with KubernetesEmulator() as cluster:
        plant_cluster(cluster)
        built = Stage(tmp_path, store)
        clock = built.clock
        repository = {"name": "shop", "path": tmp_path / "repository", "services": {"checkout": ["checkout"]}}
        state = {"file": {"path": tmp_path / "terraform" / "t.tfstate"}}
        built.restart(
            {
                "alertmanager": Alertmanager(SourceSettings(), clock),
                "git": Git(GitSettings.model_validate({"repositories": [repository]}), clock),
                "terraform": TerraformSystem(TerraformSettings.model_validate({"workspaces": {"a": state}}), clock),
                "runbooks": Runbooks(
                    RunbooksSettings.model_validate({"libraries": [{"path": tmp_path / "pages"}]}), clock
                ),
                "kubernetes": Kubernetes(
                    KubernetesSettings(kubeconfig=cluster.write_kubeconfig(tmp_path / "kubeconfig")), clock
                ),
            }
        )
        yield built
        store.close()


def find_leaks(blob):
    """Give the canaries whose secret stands in bytes or text."""
    text = blob.decode(errors="replace") if isinstance(blob, bytes) else blob
    plain = text.replace('\\"', '"').replace("\\\\", "\\")
    return sorted(
        {
            f"{canary.kind}: {canary.secret[:12]}... in {canary.text[:60]!r}"
            for canary in PLANTED
            if canary.secret in text or canary.secret in plain
        }
    )


async def test_no_canary_is_kept_shown_or_sent(stage, tmp_path):
    """Not in the store's file, on the card, in an exported bundle, or in the answer that a bundle gets."""
    alerts = []
    for number in range(0, len(PLANTED), 100):  # An alert may carry 128 annotations.
        alert = make_alert(f"CheckoutDown{number}", namespace="shop", deployment="checkout")
        alert["annotations"] |= {f"note{n}": canary.text for n, canary in enumerate(PLANTED[number : number + 100])}
        alert["labels"] |= {"db_password": PLANTED[-number - 1].secret}
        alerts.append(alert)

    view = await stage.hold(*alerts)
    exported = await export_incident(stage.context, view.incident.id, tmp_path / "export")
    answer = compose_answer(diagnose_bundle(read_bundle(tmp_path / "export")), 0.1)

    collectors = {item.collector for item in view.evidence}
    assert {"git.changes", "terraform.changes", "runbooks.search"} <= collectors
    assert any(name.startswith("kubernetes.") for name in collectors), view.gaps
    assert exported.evidence
    files = [path for path in (tmp_path / "export").rglob("*") if path.is_file()]
    files += list(tmp_path.glob("fermata.db*"))
    found = {path.name: leaks for path in files if (leaks := find_leaks(path.read_bytes()))}
    found |= {
        name: leaks
        for name, text in {"card": view.card.to_text(), "answer": json.dumps(answer)}.items()
        if (leaks := find_leaks(text))
    }
    assert not found, "\n".join(f"{name}: {leak}" for name, leaks in found.items() for leak in leaks)
